"""Lecture mode: kept in the address, without menu and provenance, and on every page."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from tests.app.pages import ROOT, TIMEOUT, no_fault


def small_page() -> None:
    import streamlit as st

    from trustai.types import Circumstances
    from trustai.ui import kit
    from trustai.ui.kit.export import Export
    from trustai.ui.kit.frame import result_caption, try_this

    kit.page("A page", "What will be seen.")
    st.text("lecture" if kit.lecture() else "alone")
    result_caption(Circumstances("toy", "ab" * 32, "sum", {}, 0, 0.5))
    Export("toy", "toy", csv="a\n1\n", python="import trustai").show()
    try_this([kit.Preset("Why?", {"eps": 8})])


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(small_page, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def styles(app: AppTest) -> str:
    return " ".join(e.proto.body for e in app.get("html"))


def test_the_switch_writes_the_address_and_a_link_opens_the_same() -> None:
    app = opened()
    assert app.text[0].value == "alone"
    assert [one.label for one in app.sidebar.toggle] == ["Lecture mode"]
    assert not app.sidebar.toggle[0].value
    app.sidebar.toggle[0].set_value(True).run()
    assert app.query_params == {"lecture": "1"}
    shared = opened(lecture="1")
    for one in (app, shared):
        assert not one.exception
        assert one.text[0].value == "lecture"
        assert not one.sidebar.toggle
        assert [t.value for t in one.main.toggle] == [True, True]
    next(t for t in shared.toggle if t.label == "Lecture mode").set_value(False).run()
    assert shared.text[0].value == "alone"
    assert shared.query_params == {}


def test_no_provenance_and_links_that_go_on_in_lecture_mode() -> None:
    alone, shown = opened(), opened(lecture="1")
    assert alone.caption
    assert not shown.caption
    assert alone.code
    assert not shown.code
    assert 'href="?eps=8&amp;question=1"' in styles(alone)
    assert 'href="?eps=8&amp;question=1&amp;lecture=1"' in styles(shown)
    assert "stSidebar" in styles(shown)
    assert "stSidebar" not in styles(alone)


def test_the_controls_can_be_hidden() -> None:
    app = opened(lecture="1")
    assert ".stSelectbox" not in styles(app)
    next(t for t in app.toggle if t.label == "Controls").set_value(False).run()
    assert app.query_params == {"lecture": "1", "controls": "hidden"}
    assert ".stSelectbox" in styles(app)
    assert "&amp;controls=hidden" in styles(app)
    assert not opened(controls="hidden").main.toggle, "it says nothing outside lecture mode"


def test_text_of_charts_is_large() -> None:
    def page() -> None:
        import plotly.graph_objects as go

        from trustai.ui.kit.charts import chart

        figure = go.Figure(go.Bar(x=["a"], y=[1], text=["one"], textfont={"size": 11}))
        figure.update_layout(font={"size": 15}, height=400)
        chart(figure, key="bars", title="a")

    specs = {}
    for asked in ("", "1"):
        app = AppTest.from_function(page)
        app.query_params["lecture"] = asked
        app.run()
        assert not app.exception
        specs[asked] = json.loads(app.get("plotly_chart")[0].proto.spec)
    alone, shown = specs[""], specs["1"]
    assert alone["data"][0]["textfont"]["size"] == 11
    assert shown["data"][0]["textfont"]["size"] == 15
    assert shown["layout"]["font"]["size"] == 15 * 1.25
    titles = [spec["layout"]["title"]["font"]["size"] for spec in (alone, shown)]
    assert titles[1] == titles[0] * 1.25
    assert shown["layout"]["height"] > alone["layout"]["height"]


def test_lecture_mode_goes_with_the_user_to_the_next_page() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT)
    app.query_params["lecture"] = "1"
    app.run()
    app.query_params.clear()  # as a click on a link to a page does
    app.switch_page("pages/models.py").run()
    no_fault(app)
    assert app.title[0].value == "Model zoo"
    assert app.query_params["lecture"] == "1"
