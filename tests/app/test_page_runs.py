"""Every page in Streamlit's own test runner: opened, computed, led astray, without a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import ROOT, TIMEOUT, no_fault, open_page, texts
from trustai import attacks, zoo
from trustai.ui.kit.site import PAGES


def test_the_menu_opens_the_home_page() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=TIMEOUT).run()
    no_fault(app)
    assert app.title[0].value == "trustai"


def test_every_page_hands_over_to_the_app() -> None:
    files = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "pages").glob("*.py")}
    assert files.keys() == {info.topic for info in PAGES}
    assert all("\nkit.hand_over(__file__)\n" in text for text in files.values())


def test_attack_page_attacks_at_first_sight() -> None:
    app = open_page("attack")
    no_fault(app)
    shown = texts(app)
    assert "Clean" in shown
    assert "Attacked" in shown
    assert "pgd_linf" in shown
    assert [*app.error, *app.success, *app.warning], "a verdict stands above the pictures"


def test_every_attack_runs_from_the_menu() -> None:
    app = open_page("attack")
    slow = {"autoattack", "square", "cw", "apgd"}
    for name in attacks.names():
        if name in slow:
            continue
        app.selectbox(key="attack").select(name).run()
        no_fault(app)
        assert name in texts(app)


def test_epsilon_zero_changes_nothing() -> None:
    app = open_page("attack")
    app.select_slider(key="eps_linf").set_value("0").run()
    no_fault(app)
    assert "**Change**: none" in texts(app)


def test_a_target_is_reached_or_said_to_be_missed() -> None:
    app = open_page("attack")
    app.select_slider(key="eps_linf").set_value("32/255")
    app.selectbox(key="target").select("yield").run()
    no_fault(app)
    verdict = " ".join(e.value for e in [*app.error, *app.warning, *app.success])
    assert "yield" in verdict or "not the target" in verdict or "Not fooled" in verdict


def test_a_bad_upload_costs_nothing() -> None:
    app = open_page("attack")
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader(key="upload").set_value(("evil.png", b"<svg onload=alert(1)>", "image/png"))
    app.run()
    no_fault(app)
    assert any(e.value.startswith("Expected a PNG") for e in app.error)
    assert "Attacked" in texts(app), "the page goes on with its sample photograph"


def test_an_upload_is_attacked(picture_png: bytes) -> None:
    app = open_page("attack")
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader(key="upload").set_value(("mine.png", picture_png, "image/png")).run()
    no_fault(app)
    assert "your picture" in texts(app)


def test_curves_are_drawn_from_the_measurements() -> None:
    app = open_page("attack", view="Accuracy against epsilon")
    no_fault(app)
    assert "Measured on all 2,000 test pictures" in texts(app) or "10,000" in texts(app)


def test_a_live_run_finishes() -> None:
    app = open_page("attack", view="Accuracy against epsilon")
    app.selectbox(key="data").select("signs").run()
    next(s for s in app.select_slider if s.label == "Pictures").set_value(32)
    next(b for b in app.button if b.label == "Run").click().run()
    no_fault(app)
    runs = app.session_state["live_run"]
    assert runs
    assert all(run["finished"] for run in runs.values())
    for run in runs.values():
        assert run["accuracy"] == sorted(run["accuracy"], reverse=True)


def test_noise_view_compares_noise_and_attack() -> None:
    app = open_page("attack", view="Noise and corruptions")
    no_fault(app)
    shown = texts(app)
    assert "Random signs" in shown
    assert "PGD" in shown


@pytest.mark.parametrize("card", zoo.catalog(), ids=lambda card: card.id)
def test_every_card_is_shown(card: zoo.Card) -> None:
    app = open_page("models")
    app.selectbox(key="model").select(card.id).run()
    no_fault(app)
    assert card.id in texts(app)
    assert card.command in [code.value for code in app.code]


def test_the_zoo_lists_the_imagenet_networks_and_fetches_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path))
    here = tmp_path / "weights" / "squeezenet1_1-imagenet.pth"
    here.parent.mkdir()
    here.touch()
    app = open_page("models")
    no_fault(app)
    offered = {b.label for b in app.button if "Download" in b.label}
    wanted = {e for _, e in zoo.PRETRAINED if e.id != "imagenet-squeezenet1-1"}
    assert offered == {f"Download {e.title}: {e.megabytes:.0f} MB" for e in wanted}
    shown = texts(app)
    assert shown.count("on this machine") == 1
    assert all(f"**{e.title}**, {e.megabytes:.0f} MB" in shown for _, e in zoo.PRETRAINED)
    assert list(tmp_path.rglob("*.*")) == [here]
