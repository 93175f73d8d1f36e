"""The page of representations in Streamlit's own test runner."""

from __future__ import annotations

import json
import re

import pytest

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai import zoo
from trustai.data.images import samples
from trustai.plots import colours
from trustai.represent import PICTURE_STATES
from trustai.ui.representation.tables import TEST_STATES

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
    for label in ("Right on the map", "Right in the features", "Silhouette", "Trustworthiness"):
        assert labels.count(label) == (1 if app.selectbox(key="beside").value == "nothing" else 2)
    assert all(re.fullmatch(r"-?[\d.]+%?", m.value) for m in app.metric)
    shown = texts(app)
    assert "prove nothing alone" in shown
    card = next(c for c in MAPPED if c.title == "Road signs, standard")
    share = card.metrics["map/clean/umap/knn_accuracy"].value
    assert f"right class in **{share:.1%}** (network “standard”)" in found_in(app)
    app.selectbox(key="state").select("corrupted").run()
    share = card.metrics["map/corrupted/umap/knn_accuracy"].value
    assert found_in(app).startswith("Corrupted pictures: ")
    assert f"**{share:.1%}** (network “standard”)" in found_in(app)
    assert "neighbours say" in shown, "the ringed picture and what is near it"


@pytest.mark.parametrize("state", PICTURE_STATES.names())
@pytest.mark.parametrize("projection", ["umap", "pca"])
def test_every_state_on_both_maps(state: str, projection: str) -> None:
    app = open_page(PAGE, state=PICTURE_STATES.get(state).title, beside="nothing")
    app.segmented_control(key="map").set_value(projection).run()
    no_fault(app)
    assert PICTURE_STATES.get(state).description in texts(app)


def test_one_class_by_error() -> None:
    """Only that class is drawn: every picture of it, the errors in another colour."""
    card = MAPPED[0]
    name = card.classes[-1]
    app = open_page(PAGE, colour="by error", model=card.title, beside="nothing")
    app.selectbox(key="only").select(name).run()
    no_fault(app)
    table = zoo.measurements(card.id, topic="map")
    assert table is not None
    of_class = table[(table["view"] == "clean") & (table["label"] == len(card.classes) - 1)]
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    drawn = {trace["name"]: trace for trace in figure["data"] if "customdata" in trace}
    missed = of_class["label"] != of_class["predicted"]
    for kind, rows, colour in (
        ("right", of_class[~missed], colours.CLEAN),
        ("wrong", of_class[missed], colours.ATTACKED),
    ):
        told = drawn.pop(kind)
        assert [point[0] for point in told["customdata"]] == rows["index"].tolist()
        assert {point[1] for point in told["customdata"]} == {name}
        assert told["marker"]["color"] == colour
    assert not drawn, "no other class stands beside it"


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
    share = app.subheader[0].value.split(": ")[1].split(" ")[0]
    assert f"is right for **{share}**" in found_in(app)
    app.select_slider(key="k").set_value(20)
    app.segmented_control(key="metric").set_value("euclidean").run()
    no_fault(app)
    assert '"euclidean_20"' in app.code[0].value
    for state in TEST_STATES:
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
    for row in table.index:
        last, near = table["last layer says"][row], table["3 neighbours say"][row]
        both = f" say **“{last}”**"
        apart = f"says **“{last}”** and the 3 nearest neighbours say **“{near}”**"
        assert (both if last == near else apart) in found_in(app)
    app.select_slider(key="eps").set_value("0").run()
    no_fault(app)
    away = app.dataframe[0].value["distance to its class"]
    assert away.max() - away.min() < 1e-5


def test_sample_photographs_stand_in_for_uploads() -> None:
    app = open_page(PAGE, **OWN)
    no_fault(app)
    assert "sample photographs" in texts(app)
    table = app.dataframe[0].value
    assert len(table) == len(samples.names())
    far = (table["farther out than"] >= 0.95).sum()
    assert found_in(app).startswith(f"**{far} of {len(table)} pictures**")


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
    assert "--stages map" in app.error[0].value.replace("\\", "")
