"""Colours, words, links and the payload of the live slider."""

from __future__ import annotations

import itertools
import json
import logging
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trustai.ui
from trustai.plots import colours
from trustai.types import Circumstances
from trustai.ui.components.live_slider import (
    Figure,
    Line,
    Tile,
    data_uri,
    live_slider,
)
from trustai.ui.kit.errors import (
    plain,
    sentence,
    shown_errors,
)
from trustai.ui.kit.export import defused_csv, json_text
from trustai.ui.kit.frame import Preset, caption_text, parameters_text, pixel_units

LANGUAGE = (colours.CLEAN, colours.ATTACKED, colours.RANDOM, colours.TRAINED_AGAINST)
ALL = (*LANGUAGE, *colours.OTHERS)
CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"


@pytest.mark.parametrize("colour", ALL)
def test_every_colour_is_legible_in_both_themes(colour: str) -> None:
    for background in (colours.LIGHT_BACKGROUND, colours.LIGHT_PANEL):
        assert colours.contrast(colour, background) >= 4.5
    for background in (colours.DARK_BACKGROUND, colours.DARK_PANEL):
        assert colours.contrast(colours.on_dark(colour), background) >= 4.5
    assert colours.contrast(colour, colours.DARK_BACKGROUND) >= 3, "a mark of a chart"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_of_the_theme_is_legible(theme: str) -> None:
    look = tomllib.loads(CONFIG.read_text())["theme"][theme]
    for background in (look["backgroundColor"], look["secondaryBackgroundColor"]):
        for text in ("textColor", "linkColor"):
            assert colours.contrast(look[text], background) >= 4.5
        for name, colour in look.items():
            if name.endswith("TextColor"):
                assert colours.contrast(colour, background) >= 4.5, name
    # Captions are set in 78 % of the text's colour, see look.css.
    ink, paper = colours.rgb(look["textColor"]), colours.rgb(look["backgroundColor"])
    faded = bytes(round(0.78 * t + 0.22 * p) for t, p in zip(ink, paper, strict=True)).hex()
    assert colours.contrast(f"#{faded}", look["backgroundColor"]) >= 4.5


# Viénot, Brettel and Mollon 1999, on linear RGB.
_BLIND = {
    "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


@pytest.mark.parametrize("kind", _BLIND)
@pytest.mark.parametrize("dark", [False, True])
def test_the_four_meanings_differ_for_the_colour_blind(kind: str, dark: bool) -> None:
    def seen(colour: str) -> np.ndarray:
        shown = colours.on_dark(colour) if dark else colour
        linear = (np.array(colours.rgb(shown)) / 255) ** 2.2
        return np.clip(np.array(_BLIND[kind]) @ linear, 0, 1) ** (1 / 2.2)

    for one, other in itertools.combinations(LANGUAGE, 2):
        assert np.linalg.norm(seen(one) - seen(other)) > 0.12, (one, other)


def test_colour_helpers() -> None:
    assert colours.translucent(colours.CLEAN, 0.5) == "rgba(0, 114, 178, 0.5)"
    assert colours.on_dark("#123456") == "#123456"
    assert colours.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    for wrong in ("red", "#12345", "#12345g", "#0072B2;background:url(x)"):
        with pytest.raises(ValueError, match="expected a colour like"):
            colours.checked(wrong)
    with pytest.raises(ValueError, match="expected opacity"):
        colours.translucent(colours.CLEAN, 2)


def test_the_theme_and_the_limits_are_what_the_code_says() -> None:
    from trustai.data.tables.csv_text import MAX_BYTES as TABLE_BYTES
    from trustai.data.uploads import MAX_BYTES
    from trustai.ui.captions.own import MEGABYTES

    config = tomllib.loads(CONFIG.read_text())
    limits = (MAX_BYTES // 2**20, TABLE_BYTES // 2**20, MEGABYTES)
    assert config["server"]["maxUploadSize"] == max(limits)
    assert config["server"]["enableXsrfProtection"] is True
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["theme"]["light"]["backgroundColor"] == colours.LIGHT_BACKGROUND
    assert config["theme"]["dark"]["backgroundColor"] == colours.DARK_BACKGROUND
    assert config["theme"]["light"]["secondaryBackgroundColor"] == colours.LIGHT_PANEL
    assert config["theme"]["dark"]["secondaryBackgroundColor"] == colours.DARK_PANEL
    assert config["theme"]["light"]["primaryColor"] == colours.CLEAN
    assert config["theme"]["light"]["textColor"] == colours.INK


def test_every_configured_option_exists() -> None:
    from streamlit import config as options

    def keys(table: dict[str, object], prefix: str) -> list[str]:
        found = []
        for name, value in table.items():
            full = f"{prefix}.{name}" if prefix else name
            found += keys(value, full) if isinstance(value, dict) else [full]
        return found

    known = set(options.get_config_options())
    assert set(keys(tomllib.loads(CONFIG.read_text()), "")) <= known


def test_sentences() -> None:
    assert sentence(ValueError("expected a, got b")) == "Expected a, got b."
    assert sentence(ValueError("really?\nline two")) == "Really?"
    assert sentence(ValueError()) == "ValueError."
    assert plain("![x](http://y) :red[z] $a$") == (r"\!\[x\]\(http\://y\) \:red\[z\] \$a\$")


def test_faults_are_logged_and_signals_pass(caplog: pytest.LogCaptureFixture) -> None:
    from streamlit.runtime.scriptrunner import RerunException, StopException
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    with caplog.at_level(logging.INFO, logger="trustai"):
        with shown_errors():
            raise ValueError("expected eps in [0, 1], got 8")
        assert not [r for r in caplog.records if r.name == "trustai"]
        with shown_errors():
            raise ZeroDivisionError("boom")
        with shown_errors():
            raise ValueError("operands could not be broadcast")
    ours = [r for r in caplog.records if r.name == "trustai"]
    assert [r.exc_info is not None for r in ours] == [True, True]
    for signal in (StopException(), RerunException(RerunData()), KeyboardInterrupt()):
        with pytest.raises(type(signal)), shown_errors():
            raise signal


def test_presets_are_relative_links() -> None:
    preset = Preset("Why?", {"eps": 8, "attack": "fgsm", "x": "a&b=c"})
    assert preset.href == "?eps=8&attack=fgsm&x=a%26b%3Dc"


def test_pixel_units() -> None:
    assert [pixel_units(v) for v in (8 / 255, 0.5 / 255, 16 / 255)] == [
        "8/255", "0.5/255", "16/255"]  # fmt: skip
    assert [pixel_units(v) for v in (0.3, 0, 1.0)] == ["76.5/255", "0", "1"]


def _circumstances() -> Circumstances:
    parameters = {"eps": 8 / 255, "alpha": 2 / 255, "steps": 10, "momentum": 0.123456}
    return Circumstances("signs-resnet18", "ab" * 32, "pgd_linf", parameters, 3, 1.234)


def test_the_caption_comes_from_the_result() -> None:
    assert caption_text(_circumstances(), "256 pictures") == (
        "pgd_linf · eps 8/255, alpha 2/255, steps 10, momentum 0.1235 · signs-resnet18 "
        "(weights abababab) · seed 3 · 1.23 s · 256 pictures"
    )
    many = parameters_text({"eps": [k / 255 for k in range(9)]})
    assert many == "eps 0 … 8/255 (9 values)"


def test_json_is_strict() -> None:
    value = {"c": _circumstances(), "smallest": np.array([0.5, math.inf]), "n": np.int64(3), 1: ()}
    back = json.loads(json_text(value), parse_constant=pytest.fail)
    assert back["smallest"] == [0.5, None]
    assert back["c"]["model_id"] == "signs-resnet18"
    assert back["n"] == 3
    assert back["1"] == []


def test_data_uri_is_a_png_of_those_pixels() -> None:
    import base64
    import io

    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    uri = data_uri(pixels)
    image = Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))
    assert (np.asarray(image) == pixels).all()
    with pytest.raises(ValueError, match="expected uint8"):
        data_uri(pixels.astype(np.float32))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": "a__b"}, "expected a key of letters"),
        ({"values": [1]}, "at least 2 slider values"),
        ({"values": [0, 2, 1]}, "ascending order"),
        ({"values": [0, math.inf]}, "finite slider values"),
        ({"parts": [Line("a", [1.0], colours.CLEAN)]}, "expected 3 points in line 'a', got 1"),
        ({"parts": [Figure("a", ["x"], colours.CLEAN)]}, "expected 3 texts in figure 'a'"),
        ({"parts": [Line("a", [1, 1, 1], "red")]}, "a colour like"),
        ({"parts": [Line("a", [1, 1, 1], colours.CLEAN, "wavy")]}, "dash to be one of"),
        ({"parts": [Tile("t", 1, "a", "b", "https://x/y.png")]}, "PNG data URI"),
        ({"parts": [Tile("t", 1, "a", "b", None, "data:image/svg+xml,<svg/>")]}, "PNG data URI"),
        ({"parts": [Tile("t", math.nan, "a", "b")]}, "got nan"),
    ],
)
def test_a_payload_that_does_not_fit_is_refused(change: dict[str, object], message: str) -> None:
    arguments: dict[str, Any] = {
        "key": "eps", "label": "eps", "values": [0, 1, 2], "start": 1, **change
    }  # fmt: skip
    parts = arguments.pop("parts", [])
    with pytest.raises(ValueError, match=message):
        live_slider(*parts, **arguments)


def test_the_browser_never_gets_inf_or_nan() -> None:
    payload = [
        Line("a", [math.nan, None, 0.5], colours.CLEAN).data(3),
        Tile("t", math.inf, "a", "b").data(3),
        Tile("t", -math.inf, "a", "b").data(3),
    ]
    text = json.dumps(payload, allow_nan=False)
    assert json.loads(text)[0]["y"] == [None, None, 0.5]
    assert json.loads(text)[1]["flipsAt"] is None
    assert json.loads(text)[2]["flipsAt"] < -1e299


def test_the_component_writes_no_html_from_data() -> None:
    scripts = sorted(Path(trustai.ui.__file__).parent.rglob("*.js"))
    assert scripts
    code = "".join(script.read_text(encoding="utf-8") for script in scripts)
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "Function(",
                      "document.write", "srcdoc", "fetch("):  # fmt: skip
        assert dangerous not in code


def test_no_download_holds_a_formula_that_came_with_an_upload() -> None:
    text = '=1+1.png,"a ""b"", c",@x\n+cmd,-2.5,\n'
    assert defused_csv(text) == '\'=1+1.png,"a ""b"", c",\'@x\n\'+cmd,-2.5,\n'
    assert defused_csv(defused_csv(text)) == defused_csv(text)
