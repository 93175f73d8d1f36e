"""The sheet of six pictures in Streamlit's own test runner."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.app.pages import no_fault, open_page, texts
from trustai import data, zoo
from trustai.data.images import samples
from trustai.data.uploads import to_square, to_tensor
from trustai.explain import image
from trustai.plots import pictures
from trustai.ui.saliency import six

PAGE = "saliency"
VIEW = {"view": "Six pictures", "methods": "Grad-CAM"}


def test_what_is_said_to_be_right_is_right() -> None:
    network = zoo.load("imagenet-efficientnet-lite0", kind=zoo.Classifier)
    assert network.card is not None
    called = {}
    for name in six.SIX:
        p = network.predict(to_tensor(to_square(samples.load(name), 224))).softmax(1)[0]
        called[name] = network.card.classes[int(p.argmax())]
    right = [name for name in six.SIX if called[name] in samples.describe(name).classes]
    assert right == list(six.SIX[:5])
    assert called["motorcycle"] == "moped", "the nearest that ImageNet has"
    assert len(set(called.values())) == 6, "of different classes"


def test_six_photographs_as_one_picture() -> None:
    app = open_page(PAGE, **VIEW)
    no_fault(app)
    assert len(app.get("image")) == 1
    labels = [b.label for b in app.get("download_button")]
    assert labels == ["Picture (PNG)", "All numbers (JSON)", "Lab report (HTML)"]
    assert not [b for b in app.button if b.label == "Stop"], "nothing is left to stop"
    assert "The network is right for 5 of 5 pictures." in texts(app), "it has no motorcycle"
    network = zoo.load("imagenet-efficientnet-lite0", kind=zoo.Classifier)
    n = 0
    for name in six.SIX:
        x = to_tensor(to_square(samples.load(name), 224))
        found = image.explain("grad_cam", network, x)
        (field,) = image.random_fields(found.map, seed=0)
        target = int(found.target)
        own, chance = (image.removal(network, x, m, target=target) for m in (found.map, field))
        n += (own - chance).item() > 0.05
    assert f"Grad-CAM marks what matters in {n} of 6 pictures" in texts(app)
    names: dict[str, Any] = {}
    exec(app.code[0].value, names)
    assert names["name"] == six.SIX[-1]
    assert names["result"].circumstances.method == "grad_cam"


def test_another_network_is_asked_only_what_it_knows() -> None:
    app = open_page(PAGE, **VIEW, model="Photographs, 200 classes")
    no_fault(app)
    assert len(app.get("image")) == 1


def test_ones_own_pictures(picture_png: bytes) -> None:
    app = open_page(PAGE, **VIEW, six="My own")
    no_fault(app)
    assert "You see sample photographs" in texts(app)
    files = [(f"{i}.png", picture_png, "image/png") for i in range(2)]
    app.file_uploader(key="six_own").set_value([*files, ("bad.png", b"no", "image/png")]).run()
    no_fault(app)
    assert any("bad" in e.value for e in app.error)
    assert not app.code, "no line of Python knows the uploads"


def zip_of(files: dict[str, bytes]) -> bytes:
    where = io.BytesIO()
    with zipfile.ZipFile(where, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return where.getvalue()


def test_ones_own_pictures_in_a_zip(picture_png: bytes) -> None:
    app = open_page(PAGE, **VIEW, six="My own")
    six = {f"holiday/{i}.PNG": picture_png for i in range(7)}
    others = {"__MACOSX/holiday/._0.png": b"no", "holiday/.hidden.png": b"no", "notes.txt": b"no"}
    packed = zip_of({**others, **six, "holiday/0.PNG": b"damaged"})
    app.file_uploader(key="six_own").set_value(("six.zip", packed, "application/zip")).run()
    no_fault(app)
    assert [e.value.partition(":")[0] for e in app.error] == ["holiday/0.PNG"]
    assert [w.value for w in app.warning] == ["The first 6 of 7 pictures are shown."]
    read = app.session_state["six_own__read"].values()
    assert [one.name for one in read] == ["1.PNG", "2.PNG", "3.PNG", "4.PNG", "5.PNG"]
    assert all(one.private for one in read)


@pytest.mark.parametrize("content", [zip_of({"notes.txt": b"no"}), b"PK\3\4 damaged"])
def test_a_zip_without_pictures_is_one_sentence(content: bytes) -> None:
    app = open_page(PAGE, **VIEW, six="My own")
    app.file_uploader(key="six_own").set_value(("six.zip", content, "application/zip")).run()
    no_fault(app)
    assert len(app.error) == 1
    assert app.error[0].value.startswith("six.zip: Expected ")
    assert "You see sample photographs" in texts(app)


@pytest.mark.skipif(not data.available("imagenet-samples"), reason="needs ImageNet's samples")
def test_imagenets_own_samples() -> None:
    app = open_page(PAGE, **VIEW, six="ImageNet samples")
    no_fault(app)
    assert "These are the first 6 ImageNet samples that the network gets right." in texts(app)


def test_a_sheet_has_its_words_and_pictures_in_place(tmp_path: Path) -> None:
    red = np.full((30, 30, 3), (255, 0, 0), np.uint8)
    rows = [(["A long title of a picture that breaks", "espresso, 93%"], [red, None])] * 2
    drawn = pictures.sheet("Title", ["The picture", "Grad-CAM"], rows, side=100)
    places = (drawn == (255, 0, 0)).all(2)
    assert places.sum() == 2 * 100 * 100
    assert places[:, 250:350].sum() == places.sum(), "in the first column"
    assert (drawn[:, :240] < 100).any(), "words beside them"
    assert (drawn[:118] < 100).any(), "words above them"
