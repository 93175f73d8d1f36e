"""The views of a page, and page files that Streamlit runs without `app.py`."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from trustai.ui.kit import site

ROOT = Path(__file__).resolve().parents[2]
BROKEN = "raise ValueError('expected a number, got ![x](y)')"


def page_of_views() -> None:
    import sys

    import streamlit as st

    from trustai.ui.kit import View, show_view

    names = {"first": "One picture", "second": "All scores", "broken": "Broken"}
    show_view({key: View(names[key], f"view_{key}") for key in names}, default="first")
    st.text("imported: " + " ".join(key for key in names if f"view_{key}" in sys.modules))


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    import sys

    for key, body in {
        "first": "st.text('1st')",
        "second": "st.text('2nd')",
        "broken": BROKEN,
    }.items():
        code = f"import streamlit as st\n\ndef show():\n    {body}\n"
        (tmp_path / f"view_{key}.py").write_text(code)
        monkeypatch.delitem(sys.modules, f"view_{key}", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    return AppTest.from_function(page_of_views, default_timeout=60)


def texts(app: AppTest) -> list[str]:
    assert not app.exception
    return [text.value for text in app.text]


def test_only_the_view_that_is_shown_is_imported(app: AppTest) -> None:
    assert texts(app.run()) == ["1st", "imported: first"]
    app.segmented_control(key="view").set_value("second")
    assert texts(app.run()) == ["2nd", "imported: first second"]


def test_the_address_chooses_the_view_by_its_title(app: AppTest) -> None:
    app.query_params["view"] = "All scores"
    assert texts(app.run()) == ["2nd", "imported: second"]


def test_an_error_of_a_view_is_a_sentence_and_the_page_goes_on(app: AppTest) -> None:
    app.query_params["view"] = "Broken"
    assert texts(app.run()) == ["imported: broken"]
    assert app.error[0].value == r"Expected a number, got \!\[x\]\(y\)."


def test_a_page_of_one_view_offers_no_choice() -> None:
    def page() -> None:
        from trustai.ui.kit import View, show_view

        show_view({"only": View("Only", "trustai.ui.home.overview")}, default="only")

    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.segmented_control
    assert app.subheader


PAGE = str(ROOT / "pages" / "attack.py")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that a page file has run in its place."""

    def stop() -> None:
        raise StopException

    # Streamlit's own does nothing where no script runs.
    monkeypatch.setattr(site.st, "stop", stop)
    files: list[str] = []
    monkeypatch.setattr(site.runpy, "run_path", lambda path, **_: files.append(path))
    return files


def main_script(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    context = SimpleNamespace(pages_manager=SimpleNamespace(main_script_path=str(path)))
    monkeypatch.setattr(site, "get_script_run_ctx", lambda: context)


def test_a_page_file_run_past_the_app_runs_the_app_and_then_nothing(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main_script(monkeypatch, ROOT / "app.py")
    with pytest.raises(StopException):
        site.hand_over(PAGE)
    assert ran == [str(ROOT / "app.py")]


def test_a_page_file_that_is_the_main_script_runs_on_its_own(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main_script(monkeypatch, PAGE)
    site.hand_over(PAGE)
    assert ran == []


def test_a_page_that_the_app_runs_goes_on(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    main_script(monkeypatch, ROOT / "app.py")
    went_on: list[Any] = []

    def run() -> None:
        site.hand_over(PAGE)
        went_on.append("drawn")

    site.run(SimpleNamespace(run=run, url_path="attack"))
    assert (ran, went_on) == ([], ["drawn"])
    with pytest.raises(StopException):
        site.hand_over(PAGE)  # the mark of one run does not outlive it


def test_the_mark_is_gone_after_an_error(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    main_script(monkeypatch, ROOT / "app.py")

    def run() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        site.run(SimpleNamespace(run=run, url_path="attack"))
    with pytest.raises(StopException):
        site.hand_over(PAGE)
    assert ran
