"""Every ``>>>`` in the docstrings of trustai is run as a test."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [p for p in sorted(ROOT.glob("trustai/**/*.py")) if ">>> " in p.read_text(encoding="utf-8")]
# Examples of the app's frame need a running page; each of the others is one that could run.
MAY_SKIP = 33


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", [name_of(path) for path in FILES])
def test_examples_do_what_they_show(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert not found.failed, "see the output above"


def test_few_examples_are_skipped() -> None:
    lines = [line for path in FILES for line in path.read_text(encoding="utf-8").splitlines()]
    examples = [line for line in lines if line.lstrip().startswith(">>> ")]
    assert len(examples) > 150
    assert sum("doctest: +SKIP" in line for line in examples) <= MAY_SKIP
