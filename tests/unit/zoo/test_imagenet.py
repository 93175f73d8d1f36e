"""torchvision's networks behind our interface, and what is said of them without their weights."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models import vgg

from trustai import zoo
from trustai.explain.image.layers import layers
from trustai.explain.image.passes import Passes
from trustai.zoo.cards import Card
from trustai.zoo.classifier import Classifier
from trustai.zoo.pretrained.imagenet import PRETRAINED, find
from trustai.zoo.pretrained.torchvision_families import (
    VGG,
    Convolutional,
    MobileNetV2,
    ResNet,
    SqueezeNet,
    Wrapped,
)
from trustai.zoo.pretrained.torchvision_networks import (
    FAMILIES,
    build,
    names,
    with_weights,
)
from trustai.zoo.pretrained.transformers import VisionTransformer

IDS = [model_id for model_id, entry in PRETRAINED if entry.library == "torchvision"]


def tiny_vgg() -> nn.Module:
    """VGG16's layers in VGG16's places, with an eighth of a percent of its numbers."""
    blocks: list[str | int] = [4, 4, "M", 4, 4, "M", 8, 8, 8, "M", 8, 8, 8, "M", 8, 8, 8, "M"]
    with torch.device("meta"):  # its classifier has 120 million numbers whatever comes before it
        network = vgg.VGG(vgg.make_layers(blocks), num_classes=5)
    network.features = vgg.make_layers(blocks)
    network.classifier = nn.Sequential(
        nn.Linear(8 * 49, 12), nn.ReLU(True), nn.Dropout(), nn.Linear(12, 10), nn.ReLU(True),
        nn.Dropout(), nn.Linear(10, 5),
    )  # fmt: skip
    return network


def tiny_resnet() -> nn.Module:
    return models.ResNet(models.resnet.Bottleneck, [1, 1, 1, 1], num_classes=5, width_per_group=8)


def tiny_mobilenet() -> nn.Module:
    return models.MobileNetV2(num_classes=5, width_mult=0.1)


def tiny_squeezenet() -> nn.Module:
    return models.SqueezeNet("1_1", num_classes=5)


def tiny_vit() -> nn.Module:
    return models.VisionTransformer(
        image_size=64, patch_size=16, num_layers=3, num_heads=2, hidden_dim=8, mlp_dim=16,
        num_classes=5,
    )  # fmt: skip


def tiny_densenet() -> nn.Module:
    return models.DenseNet(
        growth_rate=4, block_config=(1, 1, 1, 1), num_init_features=8, bn_size=2, num_classes=5
    )


def tiny_efficientnet() -> nn.Module:
    block = models.efficientnet.MBConvConfig
    settings = [block(1, 3, 1, 8, 8, 1, 1.0, 1.0), block(2, 3, 2, 8, 12, 1, 1.0, 1.0)]
    return models.EfficientNet(settings, dropout=0.2, num_classes=5)


MAKERS: dict[str, tuple[type[Wrapped], Callable[[], nn.Module], int]] = {
    "vgg": (VGG, tiny_vgg, 10),
    "resnet": (ResNet, tiny_resnet, 2048),
    "mobilenet": (MobileNetV2, tiny_mobilenet, 1280),
    "squeezenet": (SqueezeNet, tiny_squeezenet, 5),
    "vit": (VisionTransformer, tiny_vit, 8),
    "densenet": (Convolutional, tiny_densenet, 8),
    "efficientnet": (Convolutional, tiny_efficientnet, 64),
}


def drawn(network: nn.Module) -> nn.Module:
    """All its numbers from a generator of their own: no layer is silent, no batch norm is 0, 1."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("running_var") or (value.ndim == 1 and name.endswith("weight")):
                value.copy_(0.5 + torch.rand(value.shape, generator=generator))
            elif value.is_floating_point():
                fan_in = max(1, value[0].numel()) if value.ndim > 1 else 100
                value.copy_(torch.randn(value.shape, generator=generator) * (2 / fan_in) ** 0.5)
    return network.eval()


@pytest.fixture(scope="module", params=list(MAKERS))
def subject(request: pytest.FixtureRequest) -> tuple[str, nn.Module, Wrapped]:
    """A small network of each family: torchvision's own, and a copy of it in our hands."""
    family, make, _ = MAKERS[request.param]
    network = drawn(make())
    return request.param, network, family(copy.deepcopy(network)).freeze()


@pytest.fixture(scope="module")
def x() -> Tensor:
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))


# -- one interface ---------------------------------------------------------------------------


def test_is_torchvisions_own_network(subject: Any, x: Tensor) -> None:
    _, theirs, ours = subject
    normalised = (
        x - torch.tensor(models.VGG16_Weights.DEFAULT.transforms().mean).view(3, 1, 1)
    ) / (torch.tensor(models.VGG16_Weights.DEFAULT.transforms().std).view(3, 1, 1))
    with torch.no_grad():
        expected = theirs(normalised)
        torch.testing.assert_close(ours(x), expected)
        assert expected.std() > 1e-4
        assert not torch.allclose(theirs(x), expected, rtol=1e-3)


def test_forward_is_head_of_features(subject: Any, x: Tensor) -> None:
    name, _, ours = subject
    features = ours.features(x)
    assert features.shape == (2, MAKERS[name][2])
    assert torch.equal(ours.head(features), ours(x))


def test_no_activation_overwrites_its_input(subject: Any) -> None:
    _, theirs, ours = subject
    assert not any(getattr(m, "inplace", False) for m in ours.modules())
    # ...and that was needed for every family but the transformer, which has none.
    assert any(getattr(m, "inplace", False) for m in theirs.modules()) != isinstance(
        ours, VisionTransformer
    )


def test_stages_give_maps_and_gradients(subject: Any, x: Tensor) -> None:
    _, _, ours = subject
    found = Passes(ours, x, target=None, seed=0).plain
    assert list(found.activations) == [stage.name for stage in ours.stages]
    for stage in ours.stages:
        activation, gradient = found.activations[stage.name], found.gradients[stage.name]
        assert activation.shape == gradient.shape
        assert activation.ndim == 4
        assert activation.abs().max() > 0, stage
        assert gradient.abs().max() > 0, stage
        assert stage.label


def test_a_replica_shares_weights_and_nothing_else(subject: Any, x: Tensor) -> None:
    _, _, ours = subject
    expected = ours.predict(x)
    replica = ours.replica()
    for theirs, its in zip(ours.parameters(), replica.parameters(), strict=True):
        assert theirs.data_ptr() == its.data_ptr()
        assert theirs is not its
    assert replica.stages == ours.stages
    assert torch.equal(replica.predict(x), expected)
    replica.get_submodule(ours.stages[0].name).register_forward_hook(lambda *a: a[2] * 0)
    replica.requires_grad_(True).train()(x).sum().backward()
    assert torch.equal(ours.predict(x), expected)
    assert not any(module.training for module in ours.modules())
    assert all(not p.requires_grad and p.grad is None for p in ours.parameters())


def test_folded_is_the_same_function(subject: Any, x: Tensor) -> None:
    _, _, ours = subject
    torch.testing.assert_close(ours.folded()(x), ours(x), rtol=1e-3, atol=1e-4)


def test_other_means_normalise_otherwise(x: Tensor) -> None:
    network = drawn(tiny_squeezenet())
    plain = SqueezeNet(network, mean=(0, 0, 0), std=(1, 1, 1)).freeze()
    assert torch.equal(plain(x), network(x))


# -- the transformer -------------------------------------------------------------------------


def test_tokens_lie_on_the_grid_row_by_row() -> None:
    vit = VisionTransformer(tiny_vit())
    tokens = torch.arange(2 * 17 * 3.0).view(2, 17, 3)
    grid = vit.as_map(tokens)
    assert grid.shape == (2, 3, 4, 4)
    for row in range(4):
        for column in range(4):
            assert torch.equal(grid[:, :, row, column], tokens[:, 1 + 4 * row + column])


def test_a_patch_reaches_its_own_place_of_the_map(x: Tensor) -> None:
    vit = VisionTransformer(drawn(tiny_vit())).freeze()
    other = x.clone()
    other[:, :, 16:32, 48:64] = 0  # second row, last column
    first = vit.stages[0].name
    maps = [
        Passes(vit, pixels, target=None, seed=0).plain.activations[first] for pixels in (x, other)
    ]
    changed = (maps[0] - maps[1]).abs().amax((0, 1)) > 0
    assert changed.nonzero().tolist() == [[1, 3]]


def test_a_transformer_knows_one_size() -> None:
    vit = VisionTransformer(tiny_vit()).freeze()
    with pytest.raises(ValueError, match="expected pictures of 64×64, got 64×48"):
        vit(torch.rand(1, 3, 64, 48))
    with pytest.raises(ValueError, match=r"expected a layer that gives tokens \(N, 17, D\), got"):
        vit.as_map(torch.rand(1, 16, 8))
    with pytest.raises(ValueError, match=r"a map \(N, K, h, w\), got \(1, 8\)"):
        vit.as_map(torch.rand(1, 8))


def test_weights_under_their_older_names_load(x: Tensor) -> None:
    """The official file of ViT-B/16 still says ``mlp.linear_1`` for what is ``mlp.0`` today."""
    network = drawn(tiny_vit())
    old = {
        name.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): value
        for name, value in network.state_dict().items()
    }
    assert old.keys() != network.state_dict().keys()
    empty = tiny_vit()
    empty.load_state_dict(old, strict=True, assign=True)
    assert torch.equal(VisionTransformer(empty).freeze()(x), VisionTransformer(network).freeze()(x))


# -- the published networks ------------------------------------------------------------------


@pytest.mark.parametrize("model_id", IDS)
def test_what_is_written_down_is_what_torchvision_says(model_id: str) -> None:
    entry = PRETRAINED.get(model_id)
    enum = models.get_weight(entry.weights)
    assert entry.id == model_id
    assert entry.url == enum.url
    assert entry.megabytes == pytest.approx(enum.meta["_file_size"], abs=0.06)
    assert enum is models.get_model_weights(entry.network).IMAGENET1K_V1
    assert len(entry.sha256_prefix) == 8
    assert entry.file.startswith(entry.network)
    assert entry.file.endswith(f"-{entry.sha256_prefix}.pth")
    preparation = enum.transforms()
    size = (600, 600) if model_id == "imagenet-efficientnet-b7" else (256, 224)
    assert (*preparation.resize_size, *preparation.crop_size) == size
    how = entry.card().metrics["reported_accuracy"].how
    assert (how["resize"], how["crop"]) == size


MAPS = {
    "imagenet-vgg16": [(64, 224), (128, 112), (256, 56), (512, 28), (512, 14)],
    "imagenet-resnet18": [(64, 56), (128, 28), (256, 14), (512, 7)],
    "imagenet-resnet50": [(256, 56), (512, 28), (1024, 14), (2048, 7)],
    "imagenet-mobilenet-v2": [(24, 56), (32, 28), (96, 14), (320, 7), (1280, 7)],
    "imagenet-squeezenet1-1": [(64, 111), (128, 55), (256, 27), (384, 13), (512, 13)],
    "imagenet-vit-b-16": [(768, 14)] * 4,
    "imagenet-efficientnet-b7": [(32, 112), (48, 56), (80, 28), (224, 14), (2560, 7)],
}


@pytest.mark.parametrize("model_id", IDS)
def test_full_size_networks_have_these_maps(model_id: str) -> None:
    """On the meta device, where there are shapes and no numbers: VGG16 takes 0.5 GB otherwise."""
    network, shapes = PRETRAINED.get(model_id).network, []
    with torch.device("meta"):
        classifier = build(network=network).freeze()
        x = torch.rand(1, 3, 224, 224)
    for stage in classifier.stages:
        classifier.get_submodule(stage.name).register_forward_hook(
            lambda _m, _x, out: shapes.append(tuple(classifier.as_map(out).shape[1:]))
        )
    logits = classifier(x)
    assert logits.shape == (1, 1000)
    assert shapes == [(channels, side, side) for channels, side in MAPS[model_id]]
    card = PRETRAINED.get(model_id).card()
    assert sum(p.numel() for p in classifier.parameters()) == card.training["parameters"]


@pytest.mark.parametrize("model_id", IDS)
def test_cards(model_id: str) -> None:
    entry = PRETRAINED.get(model_id)
    card = entry.card()
    assert card == entry.card()
    assert Card.from_json(card.to_json()) == card
    assert (card.id, card.weights_sha256, len(card.classes)) == (model_id, "", 1000)
    assert card.classes[8] == "hen"
    assert card.arguments["network"] == entry.network
    reported = card.metrics["reported_accuracy"]
    assert reported.how["source"] == "torchvision"
    assert 0.5 < reported.value < card.metrics["reported_top5_accuracy"].value < 1
    assert f"{100 * reported.value:.1f} %" in card.summary


def test_a_cards_arguments_build_its_network() -> None:
    card = PRETRAINED.get("imagenet-squeezenet1-1").card()
    classifier = build(**card.arguments)
    assert isinstance(classifier, SqueezeNet)
    assert classifier(torch.rand(1, 3, 64, 64)).shape == (1, 1000)
    assert classifier.std.flatten().tolist() == pytest.approx([0.229, 0.224, 0.225])


def test_other_numbers_of_classes() -> None:
    classifier = build(network="mobilenet_v2", n_classes=2, mean=(0, 0, 0), std=(1, 1, 1)).freeze()
    assert classifier(torch.rand(1, 3, 32, 32)).shape == (1, 2)
    assert [layer.channels for layer in layers(classifier, size=64)] == [24, 32, 96, 320, 1280]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"network": "vgg61"}, r"got 'vgg61' \(did you mean 'vgg1[69]'\?\)"),
        ({"network": "resnet18", "n_classes": 1}, "expected n_classes to be at least 2, got 1"),
        ({"network": "squeezenet1_1", "std": (1, 0, 1)}, "three positive stds"),
        ({"network": "squeezenet1_0"}, "a linear layer at its end, got SqueezeNet"),
    ],
)
def test_impossible_networks_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**arguments)


def test_weights_are_loaded_strictly() -> None:
    tensors = dict(build(network="squeezenet1_1").network.state_dict())
    name = "classifier.1.bias"
    for damaged, message in (
        ({k: v for k, v in tensors.items() if k != name}, "Missing key"),
        (tensors | {"surprise": torch.zeros(1)}, "Unexpected key"),
        (tensors | {name: torch.zeros(999)}, "size mismatch for classifier.1.bias"),
    ):
        with pytest.raises(ValueError, match=rf"weights of squeezenet1_1, got: .*{message}"):
            with_weights("squeezenet1_1", damaged)
    assert FAMILIES["squeezenet1_1"] is type(with_weights("squeezenet1_1", tensors))


# -- any other by its name -------------------------------------------------------------------


def test_torchvisions_others_are_found_by_name() -> None:
    entry = find("imagenet-efficientnet-v2-l")
    assert (entry.network, entry.file) == ("efficientnet_v2_l", "efficientnet_v2_l-59c71312.pth")
    assert entry.card().arguments["mean"] == [0.5, 0.5, 0.5]  # not ImageNet's, as all others
    assert Card.from_json(entry.card().to_json()) == entry.card()
    assert find("imagenet-vgg16") is PRETRAINED.get("imagenet-vgg16")
    assert all(find(f"imagenet-{name.replace('_', '-')}").sha256_prefix for name in names())
    with pytest.raises(ValueError, match=r"torchvision, got 'imagenet-densnet121' \(did you mean"):
        find("imagenet-densnet121")
    with pytest.raises(ValueError, match="expected ImageNet network to be one of"):
        find("vgg16")


@pytest.mark.parametrize("network", ["densenet121", "regnet_y_400mf", "mnasnet0_5", "googlenet"])
def test_others_are_torchvisions_own(network: str, x: Tensor) -> None:
    arguments = {"init_weights": False} if network == "googlenet" else {}
    theirs = drawn(models.get_model(network, **arguments))
    tensors = theirs.state_dict()
    if network == "googlenet":  # as torchvision sets it whenever it loads the weights
        theirs.transform_input = True  # type: ignore[assignment]
    if network == "densenet121":  # the file has the names of long ago
        old = re.compile(r"(denselayer\d+\.(?:norm|conv))([12])\.")
        tensors = {old.sub(r"\1.\2.", name): value for name, value in tensors.items()}
        assert "features.denseblock1.denselayer1.norm.1.weight" in tensors
    before = torch.random.get_rng_state()
    ours = with_weights(network, tensors, mean=(0.0,) * 3, std=(1.0,) * 3).freeze()
    assert torch.equal(torch.random.get_rng_state(), before)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))
        torch.testing.assert_close(ours.head(ours.features(x)), theirs(x))


def test_weights_of_ones_own_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = drawn(models.get_model("shufflenet_v2_x0_5"))
    (tmp_path / "weights").mkdir()
    torch.save(theirs.state_dict(), tmp_path / "weights" / "shufflenet_v2_x0_5-imagenet.pth")
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    ours = zoo.load("imagenet-shufflenet-v2-x0-5", kind=Classifier)
    assert ours.card is not None
    assert ours.card.configuration["official"] is False
    assert not ours.card.metrics
    assert [stage.name for stage in ours.stages][-1] == "network.conv5"
    with pytest.raises(zoo.WeightsMissing, match=r"download\('imagenet-resnext50-32x4d'\)"):
        zoo.load("imagenet-resnext50-32x4d")


# -- the real weights ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model_id", "top1", "top5"),
    [
        ("imagenet-squeezenet1-1", 0.52, 0.79),
        ("imagenet-mobilenet-v2", 0.85, 0.97),
        ("imagenet-vit-tiny-patch16-224", 0.79, 0.94),
    ],
)
def test_real_weights_recognise_photographs(
    imagenet_samples: tuple[Tensor, Tensor, list[str]],
    prepared_network: Callable[[str], Classifier],
    model_id: str,
    top1: float,
    top5: float,
) -> None:
    """Measured on these 100 pictures; one picture may go either way on another machine."""
    classifier = prepared_network(model_id)
    x, y, names = imagenet_samples
    hits = classifier.predict(x, batch_size=16).topk(5, 1).indices == y[:, None]
    assert hits[:, 0].float().mean() == pytest.approx(top1, abs=0.011)
    assert hits.any(1).float().mean() == pytest.approx(top5, abs=0.011)
    # The classes are in the order of the logits: the samples' own names say so.
    assert classifier.card is not None
    agree = [classifier.card.classes[k] == name for k, name in zip(y, names, strict=True)]
    assert sum(agree) >= 90
