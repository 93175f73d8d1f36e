"""The page of the glossary in Streamlit's own test runner."""

from __future__ import annotations

from tests.app.pages import no_fault, open_page, texts
from trustai.ui.kit.glossary import entries, terms


def test_every_term_is_there_and_can_be_searched() -> None:
    app = open_page("glossary")
    no_fault(app)
    shown = texts(app)
    assert all(f"### {name}\n\n{text}" in shown for name, text in terms().items())
    app.text_input(key="search").set_value("recall").run()
    no_fault(app)
    assert "### Precision and recall" in texts(app)
    assert f"1 term of {len(entries())}" in texts(app)
    app.text_input(key="search").set_value("<script>").run()
    no_fault(app)
    assert "No term has the word" in app.info[0].value


def test_the_address_keeps_the_search() -> None:
    app = open_page("glossary", search="AUROC")
    no_fault(app)
    assert app.text_input(key="search").value == "AUROC"
    assert "### AUROC" in texts(app)
    assert "### SmoothGrad" not in texts(app)
