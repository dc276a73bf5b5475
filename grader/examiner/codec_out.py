"""From the grader to the student: our data, pickled, every mutable part known by a number on both sides."""

import io
import pickle
from itertools import islice
from types import FunctionType, GeneratorType
from typing import Any

import cloudpickle
import torch

from grader.examiner.remote.content import kind_of
from grader.examiner.remote.table import Table
from grader.examiner.standins import Namespace, StandIn


def dump(payload: Any, table: Table) -> bytes:
    """Pickle a request.

    What is mutable enters the table, so that the two copies can be kept in step. Tensors travel as their storages, so
    that views stay views; the student's own objects travel as their numbers.

    Args:
        payload: Anything cloudpickle can pickle, and handles.
        table: The objects that the student's side knows already.

    Returns:
        Two pickles: what tensors and generators are made of, then the payload and its mutable parts.
    """
    body = io.BytesIO()
    pickler = _Pickler(body, table)
    pickler.dump(payload)
    pickler.dump([(number, table.kinds[number], obj) for number, obj in pickler.fresh.items()])
    head = pickle.dumps((pickler.storages, pickler.specs), protocol=pickle.HIGHEST_PROTOCOL)
    return head + body.getvalue()


_ITEMS = 100_000  # that a generator may yield
_PLAIN = {str, int, float, bool, type(None), tuple, bytes}


class _Pickler(cloudpickle.Pickler):
    def __init__(self, file: io.BytesIO, table: Table):
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.table = table
        self.fresh: dict[int, Any] = {}
        self.specs: list[tuple[int, dict]] = []
        self.storages: list[tuple[bytes, str]] = []
        self._storage_of: dict[int, int] = {}
        self._attributes: dict[int, dict] = {}

    def persistent_id(self, obj: Any) -> tuple[str, int] | None:
        if type(obj) in _PLAIN:  # most of what is pickled
            return None
        if issubclass(type(obj), StandIn):
            return "handle", object.__getattribute__(obj, "_id")
        number = self.table.find(obj)
        if number is None:
            number = self._add(obj)
        # A new container is pickled where it first occurs, and after that by the pickler's own memory.
        return None if number is None or number in self.fresh else ("pair", number)

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, GeneratorType):
            items = list(islice(obj, _ITEMS))
            if len(items) == _ITEMS:
                raise TypeError(f"a generator that yields {_ITEMS} items or more cannot cross the border")
            return iter, (items,)
        return super().reducer_override(obj)

    def _add(self, obj: Any) -> int | None:
        kind = _kind(obj)
        if kind is None or id(obj) in self._attributes or any(obj is each for each in self.globals_ref.values()):
            return None
        number = self.table.add(obj, kind)
        if kind == "tensor":
            self.specs.append((number, self._tensor(obj)))
        elif kind == "generator":
            self.specs.append((number, {"device": str(obj.device), "state": obj.get_state().numpy().tobytes()}))
        else:
            self.fresh[number] = obj
        if kind == "object":
            self._attributes[id(vars(obj))] = vars(obj)
        return number

    def _tensor(self, tensor: torch.Tensor) -> dict:
        spec = {"requires_grad": tensor.requires_grad, "leaf": tensor.is_leaf, "grad": None}
        spec["parameter"] = isinstance(tensor, torch.nn.Parameter)
        if tensor.is_leaf and tensor.grad is not None:
            known = self.table.find(tensor.grad)
            spec["grad"] = self._add(tensor.grad) if known is None else known
        tensor = tensor.detach()
        if tensor.is_conj() or tensor.is_neg():
            tensor = tensor.resolve_conj().resolve_neg()
        layout = {"dtype": tensor.dtype, "offset": tensor.storage_offset(), "size": tuple(tensor.shape)}
        return spec | layout | {"stride": tensor.stride(), "storage": self._storage(tensor.untyped_storage())}

    def _storage(self, storage: torch.UntypedStorage) -> int:
        key = storage._cdata
        if key not in self._storage_of:
            self._storage_of[key] = len(self.storages)
            data = torch.empty(0, dtype=torch.uint8, device=storage.device).set_(storage)
            self.storages.append((data.cpu().numpy().tobytes(), str(storage.device)))
        return self._storage_of[key]


def _kind(obj: Any) -> str | None:
    if isinstance(obj, FunctionType):
        return "function" if type(obj.__globals__) is Namespace else None
    if isinstance(obj, (torch.nn.Module, torch.optim.Optimizer)):
        return "object"
    made_in_a_test = type(obj).__module__ == "__main__" and not isinstance(obj, type)
    return "object" if made_in_a_test and hasattr(obj, "__dict__") else kind_of(obj)
