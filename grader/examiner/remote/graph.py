"""What gradients flow to from a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def leaves(outputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the leaves that require gradients in the graphs of these tensors, each once."""
    found: dict[int, torch.Tensor] = {}
    seen, todo = set(), [output.grad_fn for output in outputs]
    while todo:
        function = todo.pop()
        if function is None or function in seen:
            continue
        seen.add(function)
        if hasattr(function, "variable"):
            found.setdefault(id(function.variable), function.variable)
        todo += [following for following, _ in function.next_functions]
    return list(found.values())
