"""Registries of methods by name, from which menus, documentation and tests are made."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


def did_you_mean(name: str, known: list[str]) -> str:
    """`` (did you mean 'fgsm'?)`` when a known name is close to `name`, else an empty string.

    Args:
        name: What was asked for.
        known: The names that there are.

    >>> did_you_mean("fgms", ["fgsm", "pgd"])
    " (did you mean 'fgsm'?)"
    """
    close = difflib.get_close_matches(str(name), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def discover(package: str) -> None:
    """Import every module of `package`, each of which registers what it holds.

    A new method is then one new file: no list has to name it.

    Args:
        package: Full name of a package, such as ``trustai.attacks.methods``.
    """
    folder = importlib.import_module(package).__path__
    for module in sorted(pkgutil.iter_modules(folder), key=lambda found: found.name):
        importlib.import_module(f"{package}.{module.name}")


class Registry(Generic[T]):
    """Entries of one kind by name, by their `order` in menus, then as they were registered.

    >>> colours: Registry[str] = Registry("colour")
    >>> _ = colours.add("grey", "#666666")
    >>> _ = colours.add("blue", "#0072B2", order=1)
    >>> colours.names()
    ['blue', 'grey']
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}
        self._order: dict[str, int] = {}

    def add(self, name: str, entry: T, *, order: int = 1000) -> T:
        """Register `entry` and return it.

        Args:
            name: In menus' addresses and calls.
            entry: The method, or what describes it.
            order: Place in menus, ascending.

        Raises:
            RuntimeError: the name is taken.
        """
        if name in self._entries:
            raise RuntimeError(f"the {self.kind} {name!r} is registered twice")
        self._order[name] = order
        places = sorted([*self._entries, name], key=lambda known: self._order[known])
        self._entries = {key: entry if key == name else self._entries[key] for key in places}
        return entry

    def register(self, name: str, *, order: int = 1000) -> Callable[[T], T]:
        """Decorator form of `add`.

        Args:
            name: Key of the entry.
            order: Place in menus, the smallest first.
        """
        return lambda entry: self.add(name, entry, order=order)

    def names(self) -> list[str]:
        """All names, in the order of menus."""
        return list(self._entries)

    def get(self, name: str) -> T:
        """The entry of that name.

        Raises:
            ValueError: no such name; the message lists all and asks after the most similar.
        """
        if name not in self._entries:
            known = self.names()
            raise ValueError(
                f"expected {self.kind} to be one of {', '.join(known)}, got {name!r}"
                + did_you_mean(name, known)
            )
        return self._entries[name]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(self._entries.items())
