"""The rooms of the house: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [*ROOT.glob("trustai/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py"]

# Arrows run one way: a room may import itself and those after the colon.
ROOMS = {
    "data": {"types", "registry", "data"},
    "zoo": {"types", "registry", "data", "zoo"},
    "attacks": {"types", "registry", "data", "zoo", "attacks"},
    "explain": {"types", "registry", "data", "zoo", "explain"},
    "ood": {"types", "registry", "data", "zoo", "ood"},
    "represent": {"types", "registry", "data", "zoo", "attacks", "represent"},
    "captions": {"types", "registry", "data", "zoo", "attacks", "explain", "captions"},
    "train": {
        "captions",
        "types",
        "registry",
        "data",
        "zoo",
        "attacks",
        "explain",
        "ood",
        "represent",
        "train",
    },
}


def imported(path: Path) -> set[str]:
    """Every module that a file imports, by full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms_of(modules: set[str]) -> set[str]:
    return {m.split(".")[1] for m in modules if m.startswith("trustai.")}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_keep_to_the_rooms(path: Path) -> None:
    modules = imported(path)
    top = {m.split(".")[0] for m in modules}
    parts = path.relative_to(ROOT).parts
    assert not {"pickle", "dill", "joblib", "cloudpickle"} & top, "no pickle, anywhere"
    if parts[0] == "trustai" and parts[1] != "ui":
        assert "streamlit" not in top, "only ui, pages and app.py import streamlit"
    if parts[0] == "pages":
        assert "torch" not in top, "no torch in a page"
    if parts[0] == "pages" or parts[:2] == ("trustai", "ui"):
        assert "train" not in rooms_of(modules), "training is not part of the app"
    if len(parts) > 2 and parts[0] == "trustai" and parts[1] in ROOMS:
        # Names of the package itself (`from trustai import data`) are rooms as well.
        known = {*ROOMS, "types", "registry", "ui", "plots", "pictures"}
        assert (rooms_of(modules) & known) <= ROOMS[parts[1]]


def test_files_and_functions_stay_small() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 320, path
