"""The articles below the views: each view has one, and it has all its parts."""

from __future__ import annotations

import ast
import re
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import ROOT
from trustai.plots import colours
from trustai.plots.figures.canvas import Canvas
from trustai.ui.kit.frame.articles import PARTS, article_file, figure_of

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


@pytest.mark.parametrize("module", [m for m in modules() if article_file(m).exists()])
def test_an_article_has_a_figure_that_says_what_is_seen(module: str) -> None:
    found = re.findall(r"^!\[([^\]]+)\]\(([^)]+)\)$", article_file(module).read_text("utf-8"), re.M)
    ((words, target),) = found
    assert target == "figure"
    assert 8 <= len(words.split()) <= 45
    assert words.endswith(".")
    drawn = figure_of(module)(words)
    assert drawn == figure_of(module)(words), "the same every time"
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own
    assert root.get("aria-label") == words
    assert root.get("role") == "img"
    assert len(drawn) < 60_000
    shapes = list(root.iter())[1:]
    assert len(shapes) >= 8
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for shape in shapes:
        style = shape.get("style", "")
        assert "#" not in style.replace("light-dark(#", "").replace(", #", ""), "dark on dark"
        if shape.tag.endswith("text"):
            assert 0 <= float(shape.get("x", "")) <= width
            assert 0 <= float(shape.get("y", "")) <= height


def test_a_figure_draws_numbers_where_they_are() -> None:
    canvas = Canvas(100)
    axes = canvas.axes(50, 10, 450, 90, x=(0, 10), y=(-1, 1))
    assert axes.at(0, -1) == (50, 90)
    assert axes.at(10, 1) == (450, 10)
    axes.dots([5], [0], colours.CLEAN)
    assert 'cx="250.0" cy="50.0"' in canvas.svg("A dot")


def test_a_view_is_followed_by_its_article_folded() -> None:
    def page() -> None:
        from trustai.ui import kit

        kit.article("trustai.ui.attack.curves")
        kit.article("trustai.ui.home.overview")

    app = AppTest.from_function(page).run()
    assert not app.exception
    (folded,) = app.expander
    assert not folded.proto.expanded
    assert "### The formula" in folded.markdown[-1].value


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


def test_a_figure_stands_between_the_paragraphs() -> None:
    def page() -> None:
        from trustai.ui import kit

        kit.article("trustai.ui.attack.curves")

    app = AppTest.from_function(page).run()
    assert not app.exception
    inside = list(app.expander[0].children[0].children.values())
    assert [one.type for one in inside][:2] + [one.type for one in inside][-2:] == [
        "markdown", "bidi_component", "caption", "markdown",
    ]  # fmt: skip
    words = re.findall(r"!\[(.+)\]", article_file("trustai.ui.attack.curves").read_text("utf-8"))
    assert inside[2].value.endswith(words[0])
