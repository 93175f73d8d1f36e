"""A picture unlike those that a network knows: the warning, and what is taken for the truth."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.app.pages import no_fault, open_page, texts
from trustai import data, zoo
from trustai.plots.pictures import to_pixels
from trustai.ui.kit.measured import unlike_own, world_of

SIGNS = "Road signs, standard"
UNLIKE = "unlike those that the network knows"


def png(index: int) -> bytes:
    """A drawn sign of the test pictures, as somebody would upload it."""
    file = io.BytesIO()
    sign = data.load("signs", split="test", n=index + 1).pixels[index]
    Image.fromarray(to_pixels(sign)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(("content", "warned"), [("noise", True), ("sign", False)])
def test_an_upload_unlike_the_test_pictures_is_warned_of(
    content: str, warned: bool, picture_png: bytes
) -> None:
    app = open_page("attack", view="One picture", source="Upload", model=SIGNS)
    file = picture_png if content == "noise" else png(3)
    app.file_uploader[0].set_value(("mine.png", file, "image/png")).run()
    no_fault(app)
    warnings = [w.value for w in app.warning if UNLIKE in w.value]
    assert len(warnings) == warned
    assert all("(/ood)" in w for w in warnings)
    assert "taken for the truth" in texts(app)
    assert "the true class is" not in texts(app), "nobody knows it"


def test_of_a_test_picture_the_truth_is_known() -> None:
    app = open_page("attack", view="One picture", model=SIGNS)
    no_fault(app)
    assert "taken for the truth" not in texts(app)
    assert "is enough: the network says" in texts(app)


def test_a_page_tells_how_a_network_of_drawn_signs_does_on_real_ones() -> None:
    card = zoo.read_card("signs-resnet18")
    real = card.metrics[zoo.REAL_ACCURACY]
    assert f"of {real.how['n']:,} photographs of real signs {real.value:.1%}" in world_of(card)
    app = open_page("saliency", source="Photo", model=SIGNS, methods="Gradient")
    assert world_of(card) in texts(app)
    assert world_of(zoo.read_card("cifar10-resnet18")) == (
        "The network knows only its own 10 classes."
    )


def test_the_warning_is_the_threshold_of_the_card() -> None:
    card = zoo.read_card("signs-resnet18")
    logits = zoo.load(card.id).predict(data.load("signs", split="test").pixels[:200])
    warned = sum(unlike_own(card, one[None]) is not None for one in logits)
    assert warned <= 0.1 * 200
