"""The page on out-of-distribution detection in Streamlit's own test runner."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai import ood, zoo
from trustai.ui.kit.errors import plain
from trustai.ui.kit.measured import interval_text, trained_unlike
from trustai.ui.ood import pickers
from trustai.ui.ood.axis import axis_of, round_range
from trustai.ui.ood.pickers import (
    INLIER,
    LEFT_OUT,
    OODMeasurements,
)
from trustai.zoo.leaderboard import Leaderboard

PAGE = "ood"
slider = importlib.import_module("trustai.ui.components.live_slider")


@pytest.fixture(scope="module")
def measured() -> OODMeasurements:
    return pickers.ood_measurements()[0]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each live slider was given, in the order in which they were drawn."""
    found: list[dict[str, Any]] = []
    original = slider._component

    def component() -> Any:
        draw = original()

        def listen(*, data: dict[str, Any], **others: Any) -> Any:
            found.append(data)
            return draw(data=data, **others)

        return listen

    monkeypatch.setattr(slider, "_component", component)
    return found


def figures(data: dict[str, Any], at: float) -> dict[str, str]:
    i = data["values"].index(at)
    return {figure["label"]: figure["texts"][i] for figure in data["figures"]}


def test_opens_where_95_per_cent_are_kept(
    sent: list[dict[str, Any]], measured: OODMeasurements
) -> None:
    app = open_page(PAGE)
    no_fault(app)
    data = sent[-1]
    limit = measured.threshold("energy")
    assert data["start"] == limit
    assert measured.card.id == "signs-no-stop", "needs no data set"
    known, left_out = measured.of("energy", INLIER), measured.of("energy", LEFT_OUT)
    kept, accepted = (known <= limit).sum(), (left_out <= limit).sum()
    told = figures(data, limit)
    assert told["familiar accepted"] == f"{kept / len(known):.1%}"
    assert told["“stop” accepted"] == f"{accepted / len(left_out):.1%}"
    assert told["precision"] == f"{kept / (kept + accepted):.1%}"
    assert len(json.dumps(data)) < 1_500_000
    assert found_in(app) == (
        f"This threshold accepts **{kept / len(known):.1%}** of the familiar pictures and "
        f"**{accepted / len(left_out):.1%}** of the unseen class “stop”."
    )
    low = data["values"][0]
    app.query_params["threshold"] = str(low)
    app.run()
    assert f"**{(known <= low).mean():.1%}** of the familiar" in found_in(app)


@pytest.mark.parametrize("score", ood.names())
def test_the_useful_thresholds_are_spread_over_the_axis(
    score: str, measured: OODMeasurements
) -> None:
    for network in pickers.ood_measurements():
        axis = axis_of(network, score, keep=0.95)
        place = np.log10 if axis.log else np.asarray
        low, high = place(axis.low), place(axis.high)
        half, most = (
            (place(network.threshold(score, keep=k)) - low) / (high - low) for k in (0.5, 0.99)
        )
        assert most - half > 0.15, "from half to nearly all of the familiar pictures"
        assert max(max(axis.heights(network.of(score, s))) for s in network.sets) < 0.8


def test_the_figures_of_the_report_stand_beside_ours() -> None:
    app = open_page(PAGE)
    no_fault(app)
    table = app.table[0].value
    assert {"0.694", "0.754"} <= set(table["threshold, report"])
    assert {"85.5%", "82.6%"} <= set(table["accepted, report"])


def test_the_confusion_counts_what_is_accepted(
    sent: list[dict[str, Any]], measured: OODMeasurements
) -> None:
    no_fault(open_page(PAGE, score="Energy"))
    data, table = sent[-1], measured.table
    matrix, i = data["matrices"][0], len(data["values"]) // 2
    inside = table[table["energy"].astype(float) <= data["values"][i]]
    assert sum(matrix["counts"][i]) == inside["set"].isin([INLIER, *measured.sets[1:5]]).sum()
    row, columns = matrix["rows"].index("“stop”"), len(matrix["columns"])
    called = inside.loc[inside["set"] == LEFT_OUT, "predicted"]
    expected = np.bincount(called, minlength=columns).tolist()
    assert matrix["counts"][i][row * columns : (row + 1) * columns] == expected


def test_another_share_to_keep_moves_the_threshold_exactly(
    sent: list[dict[str, Any]], measured: OODMeasurements
) -> None:
    app = open_page(PAGE)
    app.number_input(key="keep").set_value(87.5).run()
    no_fault(app)
    assert sent[-1]["start"] == measured.threshold("energy", keep=0.875)
    app.button(key="keep_usual").click().run()
    no_fault(app)
    assert not app.warning
    assert sent[-1]["start"] == measured.threshold("energy")


def test_the_threshold_of_the_url_holds_until_the_score_changes(
    sent: list[dict[str, Any]], measured: OODMeasurements
) -> None:
    app = open_page(PAGE, score="Maximum softmax probability", threshold="0.6")
    assert sent[-1]["start"] == min(sent[-1]["values"], key=lambda v: abs(v - 0.6))
    app.selectbox(key="score").select("energy").run()
    no_fault(app)
    assert sent[-1]["start"] == measured.threshold("energy")
    assert "threshold" not in app.query_params


def test_a_ridge_has_a_line_per_class(
    sent: list[dict[str, Any]], measured: OODMeasurements
) -> None:
    no_fault(open_page(PAGE, drawn="A ridge per class"))
    names = {area["name"] for area in sent[-1]["areas"]}
    assert {*measured.card.classes, "“stop”", "noise"} <= names
    assert sent[-1]["ridge"]


@pytest.mark.parametrize("score", ood.names())
def test_every_score_can_be_explored(score: str, sent: list[dict[str, Any]]) -> None:
    no_fault(open_page(PAGE, score=ood.get(score).title))
    assert sent[-1]["label"] == f"Threshold on: {ood.get(score).axis}"
    heights = [sum(area["heights"]) for area in sent[-1]["areas"]]
    assert heights == pytest.approx([1] * len(heights), abs=0.01)


@pytest.mark.parametrize("score", ood.names())
def test_stops_are_exact_for_whole_per_cents(score: str, measured: OODMeasurements) -> None:
    axis = axis_of(measured, score, keep=0.937)
    assert axis.start in axis.stops
    assert (np.diff(axis.stops) > 0).all()
    kept = (measured.of(score, INLIER) <= axis.start).mean()
    assert kept >= 0.937
    below = axis.stops[axis.stops.index(axis.start) - 1]
    assert (measured.of(score, INLIER) <= below).mean() < 0.937


def test_a_round_range_holds_its_values() -> None:
    assert round_range([0.02, 0.43]) == (0, 0.8)
    for values in ([-12.3, -3.1], [5.0, 5.0], [0.0, 1e-4]):
        low, high = round_range(values)
        assert low <= min(values) <= max(values) <= high


def test_all_scores_and_where_confidence_stands(measured: OODMeasurements) -> None:
    app = open_page(PAGE, view="All scores")
    no_fault(app)
    rows = [
        r
        for r in Leaderboard.from_card(measured.card, ood.OODLeaderboardRow).rows
        if r.set == LEFT_OUT
    ]
    best = min(rows, key=lambda r: r.fpr95)
    assert f"{best.fpr95:.1%}" in texts(app)
    sure = best.intervals["fpr95"]
    assert sure.leader
    assert sure.low <= best.fpr95 <= sure.high
    assert interval_text(sure.low, sure.high) in texts(app)
    tied = [r.title for r in rows if r.intervals["fpr95"].tied and r is not best]
    assert f"**{best.fpr95:.1%}** of “stop”" in found_in(app)
    said = next(m.value for m in app.markdown if m.value.startswith("The share of"))
    assert ("cannot tell" in said) == bool(tied)
    for title in tied:
        assert plain(title) in said
    assert len(app.dataframe[0].value) == len(ood.names())
    app.selectbox(key="against").select("noise").run()
    no_fault(app)
    assert "of noise" in found_in(app)


def test_a_photograph_is_judged_by_the_network_of_photographs() -> None:
    app = open_page(PAGE, view="Your own picture")
    no_fault(app)
    assert app.selectbox(key="model").value == "imagenet-efficientnet-lite0"
    assert "**accepts** this picture, and the network says “espresso”" in found_in(app)
    table = app.dataframe[0].value
    assert list(table["score"]) == [
        ood.get(name).title for name in ood.names() if not ood.get(name).needs_fitted
    ]
    assert (table["verdict"] == "accepted").all()
    assert "remembered training pictures" not in texts(app, article=False), "nobody has them"
    assert "knows 1,000 classes, and no class was left out" in texts(app)
    assert "100 photographs of ImageNet" in texts(app)
    assert "200 drawn textures" in texts(app)


def test_one_picture_on_every_scale(measured: OODMeasurements) -> None:
    app = open_page(PAGE, view="Your own picture", model=measured.card.title)
    no_fault(app)
    assert "**rejects** this picture" in found_in(app), "opens on a stop sign that is rejected"
    assert len(app.dataframe[0].value) == len(ood.names())
    shown = texts(app, article=False)
    assert "saliency?model=" in shown
    assert "### Papers" in texts(app)
    assert "### Papers" not in shown, "the article is left out"
    assert "remembered training pictures" in shown
    index = int(app.number_input(key="picture").value)
    row = measured.table[(measured.table["set"] == LEFT_OUT) & (measured.table["index"] == index)]
    told = float(app.dataframe[0].value["this picture"].iloc[0])
    assert told == pytest.approx(float(row["msp"].iloc[0]), abs=2e-3), "as it was measured"


def test_the_way_to_the_explanations_names_the_photograph() -> None:
    app = open_page(PAGE, view="Your own picture", source="Photo", photo="Chelsea the cat")
    no_fault(app)
    assert "source=Photo&photo=Chelsea+the+cat" in texts(app)


def test_an_upload_is_judged(picture_png: bytes) -> None:
    app = open_page(PAGE, view="Your own picture")
    app.segmented_control(key="source").set_value("upload").run()
    no_fault(app)
    assert "source=Photo&photo=A+cup+of+coffee" in texts(app), "what stands in is explained"
    app.file_uploader(key="upload").set_value(("mine.png", picture_png, "image/png")).run()
    no_fault(app)
    assert "your picture" in texts(app)
    assert "saliency?" not in texts(app), "a new session would not have it"
    app.file_uploader(key="upload").set_value(("evil.png", b"<svg onload=alert(1)>", "image/png"))
    app.run()
    no_fault(app)
    assert any(e.value.startswith("Expected a PNG") for e in app.error)
    assert "your picture" in texts(app)


@pytest.mark.parametrize("score", [{}, {"judge": "Mahalanobis distance"}])
def test_the_attack_never_raises_the_score(
    score: dict[str, str], sent: list[dict[str, Any]]
) -> None:
    app = open_page(PAGE, view="Fool the detector", **score)
    no_fault(app)
    curves = {curve["name"]: curve["y"] for curve in sent[-1]["curves"]}
    if not score:
        assert curves["attacked"][0] > curves["threshold"][0], "opens on a rejected picture"
        assert curves["attacked"][-1] < curves["attacked"][0]
    assert curves["attacked"][0] == pytest.approx(curves["random noise"][0])
    assert (np.diff(curves["attacked"]) <= 0).all()
    limit = curves["threshold"][0]
    inside = [e for e, s in zip(sent[-1]["values"], curves["attacked"], strict=True) if s <= limit]
    said = found_in(app)
    assert (
        (f"at most **{inside[0]:g}/255** per pixel" in said) if inside else "every epsilon" in said
    )


def test_calibration_follows_the_temperature(
    sent: list[dict[str, Any]], measured: OODMeasurements
) -> None:
    app = open_page(PAGE, view="How sure is it?")  # as the view was called before
    no_fault(app)
    assert app.segmented_control(key="view").value == "calibration"
    data = sent[-1]
    assert found_in(app).endswith(
        f"calibration error from {measured.card.metrics['calibration/ece'].value:.2%} to "
        f"{measured.card.metrics['calibration/ece_scaled'].value:.2%}."
    )
    told = figures(data, 0.0)
    assert (
        told["calibration error (ECE)"] == f"{measured.card.metrics['calibration/ece'].value:.2%}"
    )
    confidence = [float(t.rstrip("%")) for t in data["figures"][0]["texts"]]
    assert (np.diff(confidence) <= 0).all(), "the hotter, the less sure"
    weights = np.array(data["bars"][0]["weights"])
    assert weights.sum(1) == pytest.approx(np.ones(len(weights)), abs=1e-3)


def test_without_a_network_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_MODELS", str(tmp_path))
    for view in ("Threshold", "All scores", "Calibration"):
        app = open_page(PAGE, view=view)
        no_fault(app)
        assert "trustai.train.measure signs-no-stop --stages ood" in app.error[0].value.replace(
            "\\", ""
        )


@pytest.mark.parametrize(
    "view", ["Threshold", "All scores", "Your own picture", "Fool the detector", "Calibration"]
)
def test_every_view_has_its_downloads_and_its_python(view: str) -> None:
    app = open_page(PAGE, view=view)
    no_fault(app)
    labels = [b.label for b in app.get("download_button")]
    assert {"Table (CSV)", "All numbers (JSON)"} <= set(labels)
    code = next(c.value for c in app.code)
    compile(code, view, "exec")
    assert "zoo" in code


def test_the_python_of_the_explorer_runs(measured: OODMeasurements, capsys: Any) -> None:
    app: AppTest = open_page(PAGE)
    exec(compile(app.code[0].value, "explorer", "exec"), {})
    printed = capsys.readouterr().out
    limit = measured.threshold("energy")
    accepted = (measured.of("energy", LEFT_OUT) <= limit).mean()
    assert f"{LEFT_OUT} {accepted}" in printed


def test_a_network_that_is_not_here_gives_way_to_the_default() -> None:
    app = open_page(PAGE, model="CIFAR-10 without unicorns")
    no_fault(app)
    assert app.selectbox(key="model").value == "signs-no-stop"


def test_the_networks_shown_are_those_that_never_saw_a_class() -> None:
    shown = {m.card.id for m in pickers.ood_measurements()}
    assert shown <= {card.id for card in zoo.catalog(kind="picture") if card.without is not None}
    with_photographs = pickers.ood_measurements(of_photographs=True)
    assert with_photographs[0].card.photographs
    assert {m.card.id for m in with_photographs[1:]} == shown


def test_networks_that_were_trained_unlike_are_said_to_be() -> None:
    cards = {card.id: card for card in zoo.catalog()}
    frog, cat = cards["cifar10-no-frog"], cards["cifar10-no-cat"]
    assert trained_unlike(frog, frog) == ""
    told = trained_unlike(frog, cat)
    for card in (frog, cat):
        assert f"{card.training['epochs']} epochs" in told
    assert "from the weights of cifar10" in trained_unlike(
        cards["cifar10-angular"], cards["cifar10-circle"]
    ).replace("\\", "")
