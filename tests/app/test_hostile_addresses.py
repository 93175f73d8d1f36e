"""Hostile values in the address, on a page of every kind of bound widget and on real pages."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import no_fault, open_page

HOSTILE: list[str | list[str]] = [
    "inf", "-inf", "nan", "1e999", "1e300", "-5", "9" * 30, "", ["", ""], ["inf", "2"], "no such",
    "x" * 5_000, "[1, 2]",
]  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "whole": 3, "number": 0.5, "slider": 0.5, "steps": 2, "row": "one", "list": "one",
    "radio": "one", "stops": "one", "some": ["one"], "switch": False,
}  # fmt: skip


def page_of_fields() -> None:
    import streamlit as st

    from trustai.ui import kit

    kit.page("Fields", "One of every kind.")
    names = ["one", "two", "three"]
    st.number_input("Whole", 0, 100, 3, key="whole", bind="query-params")
    st.number_input("Number", 0.0, 1.0, 0.5, key="number", bind="query-params")
    st.slider("Slider", 0.0, 1.0, 0.5, 0.05, key="slider", bind="query-params")
    st.slider("Steps", 1, 9, 2, key="steps", bind="query-params")
    st.segmented_control("Row", names, default="one", key="row", bind="query-params", required=True)
    st.selectbox("List", names, key="list", bind="query-params")
    st.radio("Radio", names, key="radio", bind="query-params")
    st.select_slider("Stops", names, key="stops", bind="query-params")
    st.pills(
        "Some", names, selection_mode="multi", default=["one"], key="some", bind="query-params"
    )
    st.toggle("Switch", key="switch", bind="query-params")


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: str(value)[:12])
def test_every_kind_of_widget_shows_its_default_and_the_address_is_clean(
    value: str | list[str],
) -> None:
    app = AppTest.from_function(page_of_fields, default_timeout=60)
    for key in DEFAULTS:
        app.query_params[key] = value
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    shown = {key: app.session_state[key] for key in DEFAULTS}
    clamped = {"slider": {0.0, 1.0}, "steps": {1, 9}}  # Streamlit takes the nearest end
    for key, default in DEFAULTS.items():
        assert shown[key] == default or shown[key] in clamped.get(key, ()), key
        if shown[key] == default:
            assert key not in app.query_params, key


def test_a_choice_of_none_stays_where_several_may_be_chosen() -> None:
    app = AppTest.from_function(page_of_fields, default_timeout=60).run()
    app.pills(key="some").set_value([]).run()
    app.query_params["some"] = ""  # as the browser writes it
    app.run()
    assert app.session_state["some"] == []


@pytest.mark.parametrize("value", ["inf", "1e999", "nan", ""])
@pytest.mark.parametrize(
    ("topic", "base", "keys"),
    [
        ("attack", {"model": "Road signs, standard"}, ["picture", "view", "source", "eps_linf"]),
        ("attack", {"view": "Accuracy against epsilon"}, ["eps", "data", "attack"]),
        ("captions", {"view": "The words"}, ["seed", "picture", "language"]),
        ("diabetes", {"view": "Do the methods agree?"}, ["patient", "seed", "figure", "table"]),
        ("diabetes", {"view": "What would change the decision?"}, ["patient", "most", "edit"]),
        ("ood", {}, ["keep", "threshold", "strangers", "drawn", "score"]),
        ("representation", {}, ["at", "state", "colour", "only"]),
    ],
    ids=lambda part: "-".join(part) if isinstance(part, list) else None,
)
def test_hostile_values_leave_the_address_of_a_page(
    topic: str, base: dict[str, str], keys: list[str], value: str
) -> None:
    app = open_page(topic, **base, **dict.fromkeys(keys, value))
    no_fault(app)
    assert not [e.value for e in app.error if e.value.startswith("Expected")]
    assert not set(keys) & set(app.query_params)


@pytest.mark.parametrize(
    ("topic", "address"),
    [
        ("attack", {"source": "Upload"}),
        ("captions", {"source": "Upload"}),
        ("diabetes", {"table": "Upload", "view": "The data"}),
        pytest.param("saliency", {"view": "Six pictures", "six": "My own"}, marks=pytest.mark.slow),
    ],
)
def test_an_address_of_an_upload_says_that_the_upload_is_gone(
    topic: str, address: dict[str, str]
) -> None:
    def gone(app: AppTest) -> bool:
        return any("this session has none" in e.value for e in app.info)

    app = open_page(topic, **address)
    no_fault(app)
    assert gone(app)
    app.run()
    assert gone(app), "until something is uploaded"


def test_who_chooses_to_upload_has_lost_nothing() -> None:
    app = open_page("attack")
    app.segmented_control(key="source").set_value("upload").run()
    assert not any("this session has none" in e.value for e in app.info)


def test_an_upload_stays_while_another_view_is_shown(picture_png: bytes) -> None:
    app = open_page("attack", model="Road signs, standard")
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader(key="upload").set_value(("mine.png", picture_png, "image/png")).run()
    app.segmented_control(key="view").set_value("curves").run()
    app.segmented_control(key="view").set_value("picture").run()
    no_fault(app)
    said = [e.value.replace("\\", "") for e in app.caption]
    assert "In use: the picture that you uploaded before." in said
    assert any("Picture: your picture" in text for text in said)
    app.button(key="upload__picture__forget").click().run()
    assert any("this is a sample photograph" in e.value for e in app.caption)
