"""Stand-ins for the student's objects, and the namespace in which a test cell finds them."""

import builtins
from typing import Any, NoReturn

import torch


class StandIn:
    """An object of the student's, as a test cell sees it.

    Whatever is asked of it happens in the student's kernel, and plain data comes back. Nothing of the student's
    decides a comparison: `==` is identity.
    """

    __slots__ = ("__weakref__", "_bases", "_exchange", "_id", "_name", "_type")

    def __init__(self, exchange: Any, number: int, type_name: str, bases: tuple[type, ...], name: str):
        for slot, value in zip(StandIn.__slots__[1:], (bases, exchange, number, name, type_name), strict=True):
            object.__setattr__(self, slot, value)

    @property
    def __class__(self) -> type:
        return next(iter(object.__getattribute__(self, "_bases")), StandIn)

    @property
    def __name__(self) -> str:
        return object.__getattribute__(self, "_name")

    def __repr__(self) -> str:
        return f"<the student's {object.__getattribute__(self, '_name') or object.__getattribute__(self, '_type')}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{self!r} has no attribute {name!r}")
        return _ask(self, "getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        _ask(self, "delattr", name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: D102 - a magic method like the others
        return object.__getattribute__(self, "_exchange").request("call", self, *args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, "getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask(self, "setitem", key, value)

    def __delitem__(self, key: Any) -> None:
        _ask(self, "delitem", key)

    def __contains__(self, item: Any) -> bool:
        return _ask(self, "contains", item)

    def __len__(self) -> int:
        return _ask(self, "len")

    def __iter__(self) -> Any:
        return _ask(self, "iter")

    def __next__(self) -> Any:
        return _ask(self, "next")

    def __bool__(self) -> bool:
        return _ask(self, "bool")

    def __int__(self) -> int:
        return _ask(self, "int")

    def __float__(self) -> float:
        return _ask(self, "float")

    def __index__(self) -> int:
        return _ask(self, "index")

    def __instancecheck__(self, instance: Any) -> bool:
        return _ask(self, "isinstance", instance, swap=True)

    def __enter__(self) -> Any:
        return _ask(self, "getattr", "__enter__")()

    def __exit__(self, *error: Any) -> Any:
        # The kernel gets the exception's type and text; a traceback of ours stays here.
        exit_ = _ask(self, "getattr", "__exit__")
        return exit_(None, None, None) if error[0] is None else exit_(error[0], error[0](*error[1].args), None)

    def __copy__(self) -> Any:
        return _ask(self, "copy")

    def __deepcopy__(self, memo: dict) -> Any:
        return _ask(self, "deepcopy")

    def __reduce_ex__(self, protocol: int) -> NoReturn:
        raise TypeError(f"{self!r} lives in the student's kernel and cannot be pickled")


def _ask(stand_in: StandIn, operation: str, *args: Any, swap: bool = False) -> Any:
    operands = (*args, stand_in) if swap else (stand_in, *args)
    return object.__getattribute__(stand_in, "_exchange").request(operation, *operands)


class Namespace(dict):
    """The global names of a test cell: its own, and for all others the student's."""

    def __init__(self, exchange: Any):
        super().__init__({"__name__": "__main__", "__builtins__": builtins})
        self.exchange = exchange

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name) or name.startswith("__"):
            raise KeyError(name)
        return self.exchange.name(name)

    def __contains__(self, name: object) -> bool:
        try:
            self[name]
        except KeyError:
            return False
        return True


def known_classes() -> dict[str, type]:
    """Return the classes that a stand-in may pass for, by their full names."""
    optim, data = torch.optim, torch.utils.data
    spaces = (torch.nn, optim, optim.lr_scheduler, data)
    found = [each for space in spaces for each in vars(space).values() if isinstance(each, type)]
    return {f"{each.__module__}.{each.__qualname__}": each for each in found}
