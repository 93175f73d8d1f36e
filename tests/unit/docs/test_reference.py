"""The API reference: every room has its page, every name exists, docstrings name real arguments."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs" / "api").glob("*.md"))
MODULES = sorted((ROOT / "trustai").rglob("*.py"))


def listed() -> list[str]:
    """Every name after a ``:::``."""
    return [
        name
        for page in PAGES
        for name in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]


def test_every_listed_name_is_importable() -> None:
    assert listed(), "the pages list no module"
    for name in listed():
        importlib.import_module(name)


def test_every_room_is_listed_once() -> None:
    names = listed()
    assert len(names) == len(set(names))
    rooms = {
        f"trustai.{path.stem}"
        for path in (ROOT / "trustai").iterdir()
        if not path.name.startswith(("_", ".")) and (path.suffix == ".py" or _has_code(path))
    }
    # `explain` is two rooms under one roof.
    rooms = rooms - {"trustai.explain"} | {"trustai.explain.image", "trustai.explain.tabular"}
    assert rooms == set(names)


def _has_code(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def test_every_page_is_in_the_menu() -> None:
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "  font: false" in settings, "the site loads nothing from the internet"
    for page in sorted((ROOT / "docs").rglob("*.md")):
        assert f"- {page.relative_to(ROOT / 'docs').as_posix()}\n" in settings


def arguments_of(node: ast.FunctionDef | ast.ClassDef) -> set[str] | None:
    """The names that may stand under ``Args:``; those of a class are its ``__init__``'s."""
    if isinstance(node, ast.FunctionDef):
        a = node.args
        extra = [one for one in (a.vararg, a.kwarg) if one is not None]
        return {one.arg for one in [*a.posonlyargs, *a.args, *a.kwonlyargs, *extra]}
    own = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    if own:
        return arguments_of(own[0])
    fields = {
        n.target.id
        for n in node.body
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    }
    return fields or None  # without either, the base class's `__init__` is meant


def documented(docstring: str) -> list[str]:
    """The names under ``Args:``; one line may explain several: ``mean, std: ...``."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", docstring, re.MULTILINE)
    if section is None:
        return []
    heads = re.findall(r"^ {4}(\*{0,2}\w[\w, *]*):", section[1], re.MULTILINE)
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_docstrings_name_arguments_that_exist(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        known = arguments_of(node)
        if known is not None:
            unknown = set(documented(ast.get_docstring(node) or "")) - known
            assert not unknown, f"{path.name}: {node.name} has no argument {', '.join(unknown)}"
