"""The articles below the views: each view has one, and it has all its parts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import ROOT
from trustai.ui.kit.frame.articles import PARTS, article_file

NO_DEMO = {"trustai.ui.home.overview", "trustai.ui.glossary.all_terms"}
"""They show no method, so there is nothing to explain."""


def modules() -> list[str]:
    """The module of every view of every page."""
    return [
        str(node.args[1].value)
        for page in sorted((ROOT / "pages").glob("*.py"))
        for node in ast.walk(ast.parse(page.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "View"
        and isinstance(node.args[1], ast.Constant)
    ]


def test_every_view_has_an_article() -> None:
    missing = {m for m in modules() if not article_file(m).exists()} - NO_DEMO
    assert len(modules()) > 20
    assert missing == set()


@pytest.mark.parametrize("module", [m for m in modules() if article_file(m).exists()])
def test_an_article_has_all_its_parts(module: str) -> None:
    text = article_file(module).read_text(encoding="utf-8")
    found = re.split(r"^### (.*)$", text, flags=re.MULTILINE)
    assert not found[0].strip(), "nothing stands before the first part"
    parts = dict(zip(found[1::2], found[2::2], strict=True))
    assert tuple(parts) == PARTS
    assert all(len(part.split()) >= 8 or name == "Papers" for name, part in parts.items())
    assert parts["The formula"].count("$$") >= 2
    assert text.count("$") % 2 == 0
    assert re.search(r"\]\(https://", parts["Papers"])
    assert 120 <= len(text.split()) <= 600, "short, but not a line"
    for _, file in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text):
        assert article_file(module).with_name(file).is_file()


def test_a_view_is_followed_by_its_article_folded() -> None:
    def page() -> None:
        from trustai.ui import kit

        kit.article("trustai.ui.attack.curves")
        kit.article("trustai.ui.home.overview")

    app = AppTest.from_function(page).run()
    assert not app.exception
    (folded,) = app.expander
    assert not folded.proto.expanded
    assert "### The formula" in folded.markdown[0].value


def test_what_a_method_says_of_itself_is_shown() -> None:
    def page() -> None:
        from types import SimpleNamespace

        from trustai import attacks
        from trustai.ui import kit

        drawn = SimpleNamespace(
            title="A*", description="It is.", formula=r"\sum_i x_i", paper="P", url=""
        )
        kit.methods(attacks.get("fgsm"), drawn)

    app = AppTest.from_function(page).run()
    assert not app.exception
    fgsm, drawn = (one.value for one in app.markdown)
    assert fgsm.startswith("**FGSM")
    assert "](https://" in fgsm
    assert "clip(x + eps" in app.code[0].value
    assert drawn.startswith(r"**A\*.** It is")
    assert r"\sum_i x_i" in app.latex[0].value


def test_a_figure_stands_between_the_paragraphs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page() -> None:
        from trustai.ui import kit

        kit.article("view_with_a_figure")

    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "view_with_a_figure.py").touch()
    text = "One.\n\n![A curve](curve.svg)\n\nTwo."
    (tmp_path / "view_with_a_figure.md").write_text(text, encoding="utf-8")
    (tmp_path / "curve.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    app = AppTest.from_function(page).run()
    assert not app.exception
    inside = list(app.expander[0].children[0].children.values())
    assert [one.type for one in inside] == ["markdown", "image", "markdown"]
    assert inside[1].proto.imgs[0].caption == "A curve"
