"""The objects that exist on both sides of the border, by the number that both sides know them by."""

import sys
from collections.abc import Iterator
from typing import Any
from weakref import getweakrefcount

from .content import Content, read, same

_UNHELD = 2  # references: the table's own, and getrefcount's argument


class Table:
    """Pairs of one object here and one there that are meant to be the same.

    Args:
        first: 0 for the grader, 1 for the student; the two sides number what they add by twos.
    """

    def __init__(self, first: int):
        self.objects: dict[int, Any] = {}
        self.kinds: dict[int, str] = {}
        self.known: dict[int, Content] = {}
        self.pinned: set[int] = set()
        self._numbers: dict[int, int] = {}
        self._next = first

    def find(self, obj: Any) -> int | None:
        """Return an object's number, or None if the other side does not know it."""
        return self._numbers.get(id(obj))

    def add(self, obj: Any, kind: str, number: int | None = None) -> int:
        """Give an object a number, the next one of this side if none is given."""
        if number is None:
            number, self._next = self._next, self._next + 2
        self.objects[number], self.kinds[number] = obj, kind
        self._numbers[id(obj)] = number
        return number

    def drop(self, number: int) -> None:
        """Forget an object; numbers that are not known are ignored."""
        if number in self.objects:
            del self._numbers[id(self.objects[number])]
            del self.objects[number], self.kinds[number]
            self.known.pop(number, None)
            self.pinned.discard(number)

    def remember(self) -> None:
        """Take what every object holds now as what both sides know."""
        self.known = {number: read(self.kinds[number], obj) for number, obj in self.objects.items()}

    def changed(self) -> Iterator[tuple[int, Content]]:
        """Yield the numbers and contents of objects that differ from what both sides know."""
        for number in list(self.known):
            content = read(self.kinds[number], self.objects[number])
            if not same(content, self.known[number]):
                yield number, content

    def sweep(self) -> list[int]:
        """Drop what nothing on this side refers to but the table, and return its numbers."""
        self.known.clear()
        dropped: list[int] = []
        while unheld := self._unheld():
            for number in unheld:
                self.drop(number)
            dropped += unheld
        return dropped

    def _unheld(self) -> list[int]:
        grads = {id(obj.grad) for number, obj in self.objects.items() if self.kinds[number] == "tensor" and obj.is_leaf}
        keep = self.pinned | {self._numbers[each] for each in grads if each in self._numbers}
        # A weak reference counts: that is how the handle of a hook knows the hooks of its module.
        return [
            n
            for n in self.objects
            if n not in keep and sys.getrefcount(self.objects[n]) <= _UNHELD and not getweakrefcount(self.objects[n])
        ]
