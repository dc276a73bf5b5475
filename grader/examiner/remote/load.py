"""Reads the grader's requests: data of the grader's own making, so unpickling it is fine."""

from __future__ import annotations

import io
import pickle
from typing import Any

import cloudpickle  # noqa: F401 - its functions are what the pickles call

from .lazy import torch
from .table import Table


def load(request: bytes, table: Table, handles: dict[int, Any], sources: dict[int, Any]) -> dict[str, Any]:
    """Read a request.

    Args:
        request: What `codec_out.dump` made.
        table: The objects that both sides know; new ones are added.
        handles: The student's objects by the numbers that the grader knows them by.
        sources: Gets the hidden leaf of each tensor that is no leaf on the grader's side, by its number.

    Returns:
        The payload.
    """
    stream = io.BytesIO(request)
    storages, specs = pickle.load(stream)
    bases = [_storage(raw, device) for raw, device in storages]
    for number, spec in specs:
        if "state" in spec:
            made = torch.Generator(spec["device"])
            made.set_state(torch.frombuffer(bytearray(spec["state"]), dtype=torch.uint8))
            table.add(made, "generator", number)
        else:
            table.add(_tensor(number, spec, bases, sources), "tensor", number)
    for number, spec in specs:
        if spec.get("grad") is not None:
            table.objects[number].grad = table.objects[spec["grad"]]
    unpickler = _Unpickler(stream)
    unpickler.tables = {"pair": table.objects, "handle": handles}
    payload, fresh = unpickler.load(), unpickler.load()
    for number, kind, obj in fresh:
        table.add(obj, kind, number)
    return payload


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: tuple[str, int]) -> Any:
        where, number = pid
        return self.tables[where][number]


def _storage(raw: bytes, device: str) -> torch.UntypedStorage:
    data = torch.frombuffer(bytearray(raw), dtype=torch.uint8) if raw else torch.empty(0, dtype=torch.uint8)
    return data.to(device).untyped_storage()


def _tensor(number: int, spec: dict, bases: list, sources: dict) -> torch.Tensor:
    tensor = torch.empty(0, dtype=spec["dtype"], device=bases[spec["storage"]].device)
    tensor.set_(bases[spec["storage"]], spec["offset"], spec["size"], spec["stride"])
    if spec["parameter"]:
        return torch.nn.Parameter(tensor, requires_grad=spec["requires_grad"])
    if spec["requires_grad"] and not spec["leaf"]:
        sources[number] = tensor.requires_grad_()
        with torch.enable_grad():
            return sources[number].clone()
    return tensor.requires_grad_(spec["requires_grad"])
