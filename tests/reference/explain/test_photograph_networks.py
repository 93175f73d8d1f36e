"""Every method on the networks of photographs: a map, or one sentence that says why not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from tests.toys.images import pictures
from trustai import zoo
from trustai.explain import image
from trustai.zoo.classifier import Classifier

# As little work as a method allows, where its parameters have such a field.
SHORT: dict[str, Any] = {
    "n": 2, "steps": 3, "n_samples": 40, "n_segments": 6, "runs": 1, "channels": 4, "patch": 0.5,
    "stride": 0.5,
}  # fmt: skip
TRANSFORMERS = {name for name in image.names() if image.get(name).for_transformers}
# What cannot apply to ViT, with a word of the sentence.
NOT_FOR_VIT = {
    "guided_backprop": "ReLU", "guided_grad_cam": "ReLU", "smoothgrad_guided": "ReLU",
    "smoothgrad_guided_grad_cam": "ReLU", "deep_lift": "LayerNorm", "lrp": "LayerNorm",
    "fullgrad": "LayerNorm",
}  # fmt: skip


def run(name: str, network: Classifier) -> Any:
    params = image.get(name).params
    known = {f.name for f in dataclasses.fields(params)}
    assert network.card is not None
    x = pictures(1, side=network.card.input_size, seed=2)
    short = params(**{k: v for k, v in SHORT.items() if k in known})
    return image.explain(name, network, x, target=8, params=short)


@pytest.fixture(scope="module")
def shipped() -> Callable[[str], Classifier]:
    loaded: dict[str, Classifier] = {}

    def load(model_id: str) -> Classifier:
        if model_id not in loaded:
            loaded[model_id] = zoo.load(model_id, kind=Classifier)
        return loaded[model_id]

    return load


@pytest.mark.slow
@pytest.mark.parametrize("model_id", ["photo-resnet18", "imagenet-efficientnet-lite0"])
@pytest.mark.parametrize("name", [n for n in image.names() if n not in TRANSFORMERS])
def test_convolutional_networks(
    name: str, model_id: str, shipped: Callable[[str], Classifier]
) -> None:
    result = run(name, shipped(model_id))
    assert result.map.isfinite().all()
    assert result.map.std() > 0 or "zero everywhere" in result.problems[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TRANSFORMERS))
def test_convolutional_networks_have_no_attention(
    name: str, shipped: Callable[[str], Classifier]
) -> None:
    with pytest.raises(ValueError, match="expected a vision transformer"):
        run(name, shipped("imagenet-efficientnet-lite0"))


@pytest.mark.slow
@pytest.mark.parametrize("name", image.names())
def test_a_transformer(name: str, prepared_network: Callable[[str], Classifier]) -> None:
    network = prepared_network("imagenet-vit-tiny-patch16-224")
    if name in NOT_FOR_VIT:
        with pytest.raises(ValueError, match=NOT_FOR_VIT[name]):
            run(name, network)
        return
    result = run(name, network)
    assert result.map.isfinite().all()
    assert result.map.std() > 0
