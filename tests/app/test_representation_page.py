"""The page of representations in Streamlit's own test runner."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.app.pages import ROOT, no_fault, open_page, texts
from trustai import zoo
from trustai.represent import VIEWS
from trustai.ui.representation.tables import STATES

MAPPED = [c for c in zoo.catalog(kind="picture") if zoo.measurements(c.id, topic="map") is not None]
pytestmark = pytest.mark.skipif(not MAPPED, reason="no network's map was measured")
PAGE = "representation"
KNN, ATTACK, OWN = (
    {"view": "Neighbours as a classifier"},
    {"view": "Attack through the embedding"},
    {"view": "Your own pictures"},
)


def test_two_maps_at_first_sight_each_with_its_figures() -> None:
    app = open_page(PAGE)
    no_fault(app)
    labels = [m.label for m in app.metric]
    for label in ("Neighbours right", "… in the features", "Silhouette", "Trustworthiness"):
        assert labels.count(label) == (1 if app.selectbox(key="beside").value == "nothing" else 2)
    assert all(re.fullmatch(r"-?[\d.]+%?", m.value) for m in app.metric)
    shown = texts(app)
    assert "proves nothing" in shown
    assert "neighbours say" in shown, "the ringed picture and what is near it"


@pytest.mark.parametrize("state", VIEWS.names())
@pytest.mark.parametrize("projection", ["umap", "pca"])
def test_every_state_on_both_maps(state: str, projection: str) -> None:
    app = open_page(PAGE, state=VIEWS.get(state).title, beside="nothing")
    app.segmented_control(key="map").set_value(projection).run()
    no_fault(app)
    assert VIEWS.get(state).description in texts(app)


def test_one_class_by_error() -> None:
    app = open_page(PAGE, colour="by error")
    app.selectbox(key="only").select("stop").run()
    no_fault(app)


def test_a_picture_in_the_url_is_shown() -> None:
    table = zoo.measurements(MAPPED[0].id, topic="map")
    assert table is not None
    number = int(table.loc[table["view"] == "clean", "index"].iloc[5])
    app = open_page(PAGE, at=str(number), model=MAPPED[0].title)
    no_fault(app)
    assert any(s.value.startswith(f"Picture {number} ") for s in app.subheader)


@pytest.mark.parametrize("at", ["-3", "9" * 30, "frog"])
def test_nonsense_in_the_url_costs_nothing(at: str) -> None:
    app = open_page(PAGE, at=at, only="no such class", state="elsewhere")
    no_fault(app)
    assert app.metric


def test_the_neighbours_report_follows_k_and_metric() -> None:
    app = open_page(PAGE, **KNN)
    no_fault(app)
    heads = {app.subheader[0].value}
    app.select_slider(key="k").set_value(20)
    app.segmented_control(key="metric").set_value("euclidean").run()
    no_fault(app)
    assert "k=20" in app.code[0].value
    assert 'metric="euclidean"' in app.code[0].value
    for state in STATES:
        app.selectbox(key="state").select(state).run()
        no_fault(app)
        heads.add(app.subheader[0].value)
    assert len(heads) >= 4, "another accuracy for another state"


def test_the_attack_drives_the_features_from_their_class() -> None:
    app = open_page(PAGE, **ATTACK)
    no_fault(app)
    table = app.dataframe[0].value.set_index("picture")
    away = table["distance to its class"]
    assert away["through the distance"] > away["clean"]
    app.select_slider(key="eps").set_value("0").run()
    no_fault(app)
    away = app.dataframe[0].value["distance to its class"]
    assert away.max() - away.min() < 1e-5


def test_sample_photographs_stand_in_for_uploads() -> None:
    app = open_page(PAGE, **OWN)
    no_fault(app)
    assert "sample photographs" in texts(app)
    assert len(app.dataframe[0].value) == 8


def test_uploads_are_placed_and_bad_ones_named(picture_png: bytes) -> None:
    app = open_page(PAGE, **OWN)
    app.file_uploader(key="own_pictures").set_value(
        [
            ("mine.png", picture_png, "image/png"),
            ("evil.png", b"<svg onload=alert(1)>", "image/png"),
            ("again.png", picture_png, "image/png"),
        ]
    ).run()
    no_fault(app)
    assert [e.value for e in app.error if "evil" in e.value]
    found = app.dataframe[0].value
    assert found["name"].tolist() == ["mine.png", "again.png"]
    assert found["nearest"].nunique() == 1, "the same picture, the same place"
    assert "sample photographs" not in texts(app)


def test_without_any_map_the_page_says_what_to_do(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_MODELS", str(tmp_path))
    app = open_page(PAGE)
    no_fault(app)
    assert "measure_map" in app.error[0].value.replace("\\", "")


OPEN = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(ROOT / "pages" / PAGE)!r}, default_timeout=120).run()
assert not app.exception, app.exception
assert app.metric
assert not {{"umap", "numba", "pynndescent"}} & set(sys.modules)
"""


def test_opening_the_page_does_not_import_umap() -> None:
    subprocess.run([sys.executable, "-c", OPEN], cwd=ROOT, check=True, capture_output=True)
