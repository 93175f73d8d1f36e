"""What every method says of itself: title, description, formula and paper, in every registry."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from tests.unit.test_rooms import FILES, name_of
from trustai import attacks, ood
from trustai.explain import image, tabular
from trustai.registry import Registry

HAVE_METHODS = (attacks, ood, image, tabular)  # importing them fills their registries


def registries() -> list[Registry[Any]]:
    """Every registry of the house."""
    modules = [
        importlib.import_module(name_of(path))
        for path in FILES
        if re.search(r"\bRegistry\(\"", path.read_text(encoding="utf-8"))
    ]
    found = {id(v): v for m in modules for v in vars(m).values() if isinstance(v, Registry)}
    return list(found.values())


METHODS = [
    pytest.param(entry, id=f"{registry.kind} {name}".replace(" ", "-"))
    for registry in registries()
    for name, entry in registry
    if hasattr(entry, "formula")
]
"""Whatever has a formula is a method; data sets, languages and architectures have none."""


def test_every_kind_of_method_is_among_them() -> None:
    kinds = {str(one.id).rpartition("-")[0] for one in METHODS}
    assert kinds >= {"attack", "corruption", "score", "attention", "explanation-method"}
    assert len(METHODS) >= 70


@pytest.mark.parametrize("method", METHODS)
def test_a_method_says_what_it_is(method: Any) -> None:
    assert method.title
    assert not method.title.endswith(".")
    assert method.description[0].isupper()
    assert method.description.endswith(".")
    assert 5 <= len(method.description.split()) <= 60, "a sentence or a few, not an article"
    assert method.formula.strip()
    assert method.formula.count("{") == method.formula.count("}")
    assert re.search(r"\b(19|20)\d\d\b", method.paper), "with its year"
    assert method.url.startswith("https://")
