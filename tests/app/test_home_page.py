"""The home page and the menu in Streamlit's own test runner."""

from __future__ import annotations

import ast

from streamlit.testing.v1 import AppTest

from tests.app.pages import ROOT, TIMEOUT, no_fault
from trustai.ui.kit.site import PAGES


def test_the_menu_opens_the_home_page() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT).run()
    no_fault(app)
    assert app.title[0].value == "trustai"


def test_every_page_hands_over_to_the_app() -> None:
    files = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "pages").glob("*.py")}
    assert files.keys() == {info.topic for info in PAGES}
    assert all("\nkit.hand_over(__file__)\n" in text for text in files.values())


def test_the_menu_and_the_page_call_it_by_one_name() -> None:
    for info in PAGES:
        heads = [
            node.args[0].value
            for node in ast.walk(ast.parse((ROOT / info.file).read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "kit.page"
            and isinstance(node.args[0], ast.Constant)
        ]  # fmt: skip
        assert heads == [info.title if info.url else "trustai"]
