"""What CONTRIBUTING.md promises: a method is one file, and its registry, menus and runs follow."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.toys.images import TinyCNN, pictures
from tests.toys.tables import Linear as LinearTable
from trustai import attacks, ood
from trustai.attacks.base import ATTACKS
from trustai.explain import image, tabular
from trustai.explain.image.base import METHODS as IMAGE_METHODS
from trustai.explain.tabular.base import METHODS as TABULAR_METHODS
from trustai.ood.base import SCORES
from trustai.registry import Registry, discover

ROOT = Path(__file__).resolve().parents[2]
NEW = "brand_new"


@pytest.fixture
def add_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts one module beside the others of a package, for the time of a test."""

    def add(package: str, registry: Registry[Any], source: str) -> None:
        (tmp_path / f"{NEW}.py").write_text(source, encoding="utf-8")
        found = importlib.import_module(package)
        monkeypatch.setattr(found, "__path__", [*found.__path__, str(tmp_path)])
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
        monkeypatch.setattr(registry, "_order", dict(registry._order))
        monkeypatch.setattr(found, NEW, None, raising=False)  # so that it goes again
        monkeypatch.delitem(sys.modules, f"{package}.{NEW}", raising=False)
        discover(package)
        monkeypatch.delitem(sys.modules, f"{package}.{NEW}")  # the next test has its own

    return add


def copied(file: str, *changes: tuple[str, str]) -> str:
    """The smallest method that there is, under a new name."""
    source = (ROOT / "trustai" / file).read_text(encoding="utf-8")
    for old, new in changes:
        assert source.count(old) == 1, f"{file} says {old} {source.count(old)} times"
        source = source.replace(old, new)
    return source


def after(names: list[str], name: str) -> list[str]:
    """The names with the new one after `name`."""
    place = names.index(name) + 1
    return [*names[:place], NEW, *names[place:]]


def test_an_attack_is_one_file(add_file: Any) -> None:
    before = attacks.names()
    source = copied(
        "attacks/methods/fgsm.py", ('name = "fgsm"', f'name = "{NEW}"'), ("order=10", "order=11")
    )
    add_file("trustai.attacks.methods", ATTACKS, source)
    assert attacks.names() == after(before, "fgsm"), "the order is the menu's"
    assert attacks.get(NEW).params() == attacks.get(NEW).params()
    network, x = TinyCNN().freeze(), pictures(2)
    y = network.predict(x).argmax(1)
    ours, known = (attacks.run(name, network, x, y, eps=0.05) for name in (NEW, "fgsm"))
    assert ours.circumstances.method == NEW
    assert torch.equal(ours.adversarial, known.adversarial)


def test_an_explainer_of_pictures_is_one_file(add_file: Any) -> None:
    before = image.names()
    source = copied(
        "explain/image/methods/gradient_x_input.py",
        ('name = "gradient_x_input"', f'name = "{NEW}"'),
        ("order=20", "order=21"),
    )
    add_file("trustai.explain.image.methods", IMAGE_METHODS, source)
    assert image.names() == after(before, "gradient_x_input")
    network, x = TinyCNN().freeze(), pictures(1)
    ours, known = (image.explain(name, network, x) for name in (NEW, "gradient_x_input"))
    assert torch.equal(ours.map, known.map)


def test_an_explainer_of_tables_is_one_file(add_file: Any) -> None:
    before = tabular.names()
    source = copied(
        "explain/tabular/methods/gradient_x_input.py",
        ('name = "gradient_x_input"', f'name = "{NEW}"'),
        ("order=50", "order=51"),
    )
    add_file("trustai.explain.tabular.methods", TABULAR_METHODS, source)
    assert tabular.names() == after(before, "gradient_x_input")
    model, rows = LinearTable([3.0, 0.5]).freeze(), torch.tensor([[1.0, 2.0]])
    ours = tabular.explain(NEW, model, rows, background=torch.zeros(1, 2))
    torch.testing.assert_close(ours.values, torch.tensor([[3.0, 1.0]]).double())


def test_a_score_is_one_file(add_file: Any) -> None:
    before = ood.names()
    source = copied(
        "ood/methods/msp.py", ('name = "msp"', f'name = "{NEW}"'), ("order=10", "order=11")
    )
    add_file("trustai.ood.methods", SCORES, source)
    assert ood.names() == after(before, "msp")
    network, x = TinyCNN().freeze(), pictures(2)
    assert torch.equal(ood.score(NEW, network, x), ood.score("msp", network, x))


@pytest.mark.parametrize("registry", [ATTACKS, IMAGE_METHODS, TABULAR_METHODS, SCORES])
def test_nothing_stays_behind(registry: Registry[Any]) -> None:
    assert NEW not in registry.names()


def test_every_path_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [
        word
        for word in text.replace("`", " ").split()
        if word.endswith((".py", "/", ".md"))
        and "<" not in word
        and word.split("/")[0] in {"docs", "pages", "tests", "trustai"}
    ]
    assert len(named) > 10
    assert not [word for word in named if not (ROOT / word).exists()]
