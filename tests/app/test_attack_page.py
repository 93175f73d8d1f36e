"""The attack playground in Streamlit's own test runner: what it says is what the attack did."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from torch import Tensor

from tests.app.pages import found_in, no_fault, open_page, texts
from trustai import attacks, data, zoo
from trustai.types import AttackResult
from trustai.ui.attack import MEASURED, picture
from trustai.ui.kit.frame import pixel_units

PAGE = "attack"
CURVES = "Accuracy against epsilon"
ONE = {"view": "One picture"}
CARDS = {card.id: card for card in zoo.catalog()}
CARD = CARDS["signs-resnet18"]
SIGNS = {**ONE, "model": CARD.title}
SLOW = [name for name in attacks.names() if attacks.get(name).cost == "slow"]


@pytest.fixture(scope="module", autouse=True)
def drawn_once() -> Iterator[None]:
    """The code of the page loads a data set each time it runs; drawing all signs takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load", functools.cache(data.load))
        yield


@pytest.fixture(scope="module")
def page() -> AppTest:
    """One sign, opened once; every test that uses it makes its own choices."""
    app = open_page(PAGE, **SIGNS)
    no_fault(app)
    return app


def result_of(app: AppTest) -> tuple[AttackResult, Any]:
    """The result and the truth of the code that the page shows, run."""
    names: dict[str, Any] = {}
    exec(app.code[0].value, names)
    result = names["result"]
    assert isinstance(result, AttackResult)
    return result, names["y"]


def says_what_happened(app: AppTest) -> AttackResult:
    """The verdict and the two captions agree with the model's own numbers."""
    no_fault(app)
    result, y = result_of(app)
    classes = CARDS[app.selectbox(key="model").value].classes
    before, after = (one.softmax(1)[0] for one in (result.clean_logits, result.logits))
    was, now = classes[int(before.argmax())], classes[int(after.argmax())]
    target = app.selectbox(key="target").value if attacks_a_target(app) else "any other class"
    sure = f"“{now}” ({after.max():.0%})"
    shown = texts(app)
    assert f"**Clean**: {was}, {before.max():.1%}" in shown
    assert f"**Attacked**: {now}, {after.max():.1%}" in shown
    assert was == classes[int(y)], "the example is one that the network knows"
    if was == now:
        end = (
            f"This attack found no change that helps: the network still says **{sure}**. Another "
            "attack, or more steps, may find one."
        )
    else:
        end = f"is enough: the network says **{sure}** instead of “{was}” ({before.max():.0%})"
        if target != "any other class":
            end += ", as the attack wanted" if now == target else f", but not the target “{target}”"
        end += "."
    said = found_in(app)
    assert said.endswith(end)
    if attacks.get(result.circumstances.method).norm == "linf" and was != now:
        eps = result.circumstances.parameters["eps"]
        assert said.startswith(f"A change of at most {pixel_units(eps)} per pixel")
    assert not [*app.error, *app.warning], "nothing is wrong, and the network is sure"
    assert bool(result.success) == ("instead of" in said and "but not the target" not in said)
    return result


def attacks_a_target(app: AppTest) -> bool:
    return attacks.get(app.selectbox(key="attack").value).targetable


def test_the_finding_of_the_curves_is_measured() -> None:
    app = open_page(PAGE, view=CURVES)
    no_fault(app)
    standard, trained = (
        zoo.measurements(f"signs-resnet18{end}")["pgd_linf_eps"] for end in ("", "-adversarial")
    )
    assert found_in(app) == (
        f"At 8/255 the network “standard” is right on **{(standard > 8).sum():,} of "
        f"{len(standard):,}** pictures, “adversarially trained” on **{(trained > 8).sum():,}**."
    )
    app.query_params["eps"] = "2"
    app.run()
    assert found_in(app).startswith(
        f"At 2/255 the network “standard” is right on **{(standard > 2).sum():,} of"
    ), "made from the result, not from the widgets"


def test_attacks_at_first_sight_and_fools_the_network() -> None:
    app = open_page(PAGE)
    view = app.segmented_control(key="view")
    assert view.value == "picture"
    assert view.options[0] == "One picture", "the first of the row"
    result = says_what_happened(app)
    assert bool(result.success)
    assert "pgd_linf" in texts(app)
    assert "**Clean**: espresso" in texts(app)
    assert result.adversarial.shape[-1] == 224


def test_what_takes_minutes_asks_first() -> None:
    app = open_page(PAGE, **ONE, attack="AutoAttack")
    no_fault(app)
    assert re.search(r"AutoAttack may take up to \d+ minutes", app.info[0].value)
    assert app.info[0].value.endswith("You can stop it at any time.")
    assert "**Attacked**" not in texts(app)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in attacks.names()],
)
def test_every_attack_of_the_menu(name: str, page: AppTest) -> None:
    page.selectbox(key="attack").select(name).run()
    for asked in page.main.toggle:  # what a slow or busy machine would take minutes for
        asked.set_value(True).run()
    result = says_what_happened(page)
    assert name in texts(page)
    assert attacks.get(name).description in texts(page)
    assert result.circumstances.method == name


def test_epsilon_zero_changes_nothing(page: AppTest) -> None:
    page.selectbox(key="attack").select("pgd_linf").run()
    page.select_slider(key="eps_linf").set_value("0").run()
    result = says_what_happened(page)
    assert "**Change**: none" in texts(page)
    assert not bool(result.success)


@pytest.mark.parametrize(("eps", "reached"), [("32/255", True), ("0.5/255", False)])
def test_a_target_is_reached_or_said_to_be_missed(eps: str, reached: bool) -> None:
    app = open_page(PAGE, **SIGNS)
    app.select_slider(key="eps_linf").set_value(eps)
    app.selectbox(key="target").select("yield").run()
    result = says_what_happened(app)
    assert bool(result.success) == reached
    assert (CARD.classes[int(result.logits.argmax())] == "yield") == reached


def test_a_bad_upload_costs_nothing() -> None:
    app = open_page(PAGE, **ONE)
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader(key="upload").set_value(("evil.png", b"<svg onload=alert(1)>", "image/png"))
    app.run()
    no_fault(app)
    assert any(e.value.startswith("Expected a PNG") for e in app.error)
    assert "Attacked" in texts(app), "the page goes on with its sample photograph"


def test_an_upload_is_attacked(picture_png: bytes) -> None:
    app = open_page(PAGE, **ONE)
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader(key="upload").set_value(("mine.png", picture_png, "image/png")).run()
    no_fault(app)
    assert "your picture" in texts(app)


@pytest.mark.parametrize("attack", MEASURED)
def test_curves_are_drawn_from_the_measurements(attack: str) -> None:
    app = open_page(PAGE, view=CURVES, attack=MEASURED[attack])
    no_fault(app)
    app.selectbox(key="data").select("signs").run()
    no_fault(app)
    measured = zoo.measurements(CARD.id)
    assert measured is not None
    told = f"Measured on all {len(measured):,} test pictures with {MEASURED[attack]}, seed 0."
    assert told in texts(app)
    procedure = {"fgsm": "One gradient at the picture", "pgd_linf": "10 steps from a random start"}
    assert procedure[attack] in texts(app)
    names: dict[str, Any] = {}
    exec(app.code[0].value, names)
    assert len(names["measured"]) == len(measured)


def _live_run(attack: str, *, harder: bool = False) -> dict[str, Any]:
    app = open_page(PAGE, view=CURVES, attack=MEASURED[attack])
    app.selectbox(key="data").select("signs").run()
    next(s for s in app.select_slider if s.label == "Pictures").set_value(32)
    next(t for t in app.toggle if t.label == "Search harder afterwards").set_value(harder)
    next(b for b in app.button if b.label == "Run").click().run()
    no_fault(app)
    runs: dict[str, Any] = app.session_state["live_run"]
    return runs


def _falls(runs: dict[str, Any]) -> None:
    assert len(runs) == 2
    for run in runs.values():
        assert run["finished"]
        assert run["accuracy"] == sorted(run["accuracy"], reverse=True)
        assert run["accuracy"][0] > 0.8
        assert run["accuracy"][-1] < run["accuracy"][0], "16/255 costs something"


def test_a_live_run_finishes() -> None:
    _falls(_live_run("fgsm"))


@pytest.mark.slow
def test_a_harder_search_is_never_above() -> None:
    runs = _live_run("fgsm", harder=True)
    _falls({key: run for key, run in runs.items() if "/" not in key})
    for key, run in runs.items():
        if "/" in key:
            before = runs[key.split("/")[0]]["accuracy"]
            assert all(a <= b for a, b in zip(run["accuracy"], before, strict=True))
            assert run["accuracy"] != before, "FGSM's one step is not the best one"


@pytest.mark.slow
def test_a_live_run_of_many_steps_finishes() -> None:
    _falls(_live_run("pgd_linf"))


def test_noise_of_the_same_size_does_not_do_what_the_attack_does() -> None:
    app = open_page(PAGE, view="Noise and corruptions")
    no_fault(app)
    names: dict[str, Any] = {}
    exec(app.code[0].value, names)
    shown = texts(app)
    said = {}
    for title, attack in (("Random noise", "random_signs"), ("PGD", "pgd_linf")):
        ran = attacks.run(attack, names["classifier"], names["x"], names["y"], eps=8 / 255, seed=0)
        said[title] = CARD.classes[int(ran.logits.argmax())]
        assert f"**{title}**: {said[title]}, {ran.logits.softmax(1).max():.1%}" in shown
    truth = CARD.classes[int(names["y"])]
    assert said["Random noise"] == truth != said["PGD"]
    assert found_in(app) == (
        f"Random noise of 8/255 per pixel **keeps the answer “{truth}”**, but the attack PGD of "
        f"the same size **changes the answer from “{truth}” to “{said['PGD']}”**."
    )


def test_a_pass_is_timed_once_per_network(monkeypatch: pytest.MonkeyPatch) -> None:
    picture.seconds_of_a_pass.clear()
    app = open_page(PAGE, **SIGNS)
    no_fault(app)
    timed: list[int] = []
    predict = zoo.Classifier.predict

    def counted(self: zoo.Classifier, x: Tensor, *, batch_size: int = 64) -> Tensor:
        timed.append(int(x.abs().sum() == 0))  # nobody else asks about a black picture
        return predict(self, x, batch_size=batch_size)

    monkeypatch.setattr(zoo.Classifier, "predict", counted)
    app.selectbox(key="attack").select("fgsm").run()
    no_fault(app)
    assert sum(timed) == 0
    picture.seconds_of_a_pass.clear()
    app.selectbox(key="attack").select("pgd_linf").run()
    assert sum(timed) == 2
