"""Torch, imported when it is needed and not before: it takes seconds, and many a notebook works without it."""

import importlib
import sys
from typing import Any


class _Torch:
    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("torch"), name)


torch: Any = _Torch()


def torch_types(*names: str) -> tuple[type, ...]:
    """Return classes of torch for `isinstance`: none before anybody has imported it, since nothing can be one then."""
    module = sys.modules.get("torch")
    return tuple(getattr(module, name) for name in names) if module else ()
