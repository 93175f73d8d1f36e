"""One small registry for every kind of method; menus, documentation and tests derive from it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


def did_you_mean(name: str, known: list[str]) -> str:
    """`` (did you mean 'fgsm'?)`` when a known name is close to `name`, else an empty string."""
    close = difflib.get_close_matches(str(name), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


class Registry(Generic[T]):
    """Entries of one kind by name, in the order they were registered.

    >>> colours: Registry[str] = Registry("colour")
    >>> _ = colours.add("blue", "#0072B2")
    >>> colours.names()
    ['blue']
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> T:
        if name in self._entries:
            raise RuntimeError(f"the {self.kind} {name!r} is registered twice")
        self._entries[name] = entry
        return entry

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator form of `add`."""
        return lambda entry: self.add(name, entry)

    def names(self) -> list[str]:
        return list(self._entries)

    def get(self, name: str) -> T:
        if name not in self._entries:
            known = self.names()
            raise ValueError(
                f"expected {self.kind} to be one of {', '.join(known)}, got {name!r}"
                + did_you_mean(name, known)
            )
        return self._entries[name]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._entries.items())
