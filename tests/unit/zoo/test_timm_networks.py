"""timm's vision transformers behind our interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from trustai import zoo
from trustai.explain.image.layers import layers
from trustai.zoo.cards import Card
from trustai.zoo.pretrained.imagenet import PRETRAINED
from trustai.zoo.pretrained.timm_networks import NETWORKS, build
from trustai.zoo.pretrained.transformers import TimmVisionTransformer

ID = "imagenet-vit-tiny-patch16-224"


@pytest.fixture(scope="module")
def network() -> TimmVisionTransformer:
    return build(network="vit_tiny_patch16_224", n_classes=7).freeze()


@pytest.fixture(scope="module")
def x() -> Tensor:
    return torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


def test_is_timms_own_network(network: TimmVisionTransformer, x: Tensor) -> None:
    theirs = timm.create_model("vit_tiny_patch16_224", num_classes=7).eval()
    theirs.load_state_dict(network.network.state_dict())
    with torch.no_grad():
        expected = theirs(2 * x - 1)  # pixels from -1 to 1
    torch.testing.assert_close(network(x), expected)
    features = network.features(x)
    assert features.shape == (1, 192)
    assert torch.equal(network.head(features), network(x))


def test_its_stages_are_grids_of_patches(network: TimmVisionTransformer) -> None:
    found = layers(network, size=224)
    assert [layer.label for layer in found] == [
        f"Block {i} of 12: what its attention reads" for i in (3, 6, 9, 12)
    ]
    assert {(layer.channels, layer.height, layer.width) for layer in found} == {(192, 14, 14)}


def test_attention_does_not_depend_on_the_environment(x: Tensor) -> None:
    """timm reads a variable on import that turns fused attention off."""
    plain = timm.create_model("vit_tiny_patch16_224", num_classes=7).eval()
    for block in plain.blocks:
        block.attn.fused_attn = False
    wrapped = TimmVisionTransformer(plain, mean=(0.5,) * 3, std=(0.5,) * 3).freeze()
    with torch.no_grad():
        _, found = wrapped.attentions(x)
    assert [tuple(one.shape) for one in found] == [(1, 3, 197, 197)] * 12


def test_other_sizes_are_refused(network: TimmVisionTransformer) -> None:
    with pytest.raises(ValueError, match="expected pictures of 224×224, got 64×64"):
        network(torch.rand(1, 3, 64, 64))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"network": "vit_tiny_patch16_242"}, r"did you mean 'vit_tiny_patch16_224'\?"),
        ({"network": "resnet50"}, "expected network to be one of timm's vit_tiny_patch16_224"),
        ({"network": "vit_tiny_patch16_224", "n_classes": 1}, "n_classes to be at least 2, got 1"),
    ],
)
def test_impossible_networks_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build(**arguments)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_named_is_timms(name: str) -> None:
    assert timm.is_model(name)
    with torch.device("meta"):
        assert build(network=name).stages


def test_the_card(network: TimmVisionTransformer) -> None:
    entry = PRETRAINED.get(ID)
    card = entry.card()
    assert Card.from_json(card.to_json()) == card
    assert (card.id, card.architecture, len(card.classes)) == (ID, "timm", 1000)
    assert card.classes[8] == "hen"
    built = zoo.build(card.architecture, **card.arguments)
    assert isinstance(built, TimmVisionTransformer)
    assert sum(p.numel() for p in built.parameters()) == card.training["parameters"]
    assert entry.megabytes == pytest.approx(4 * card.training["parameters"] / 2**20, abs=0.05)
    assert "75.5 % right" in card.summary
    config = timm.get_pretrained_cfg(f"{entry.network}.{entry.weights}")
    assert config.mean == entry.mean
    assert f"huggingface.co/{config.hf_hub_id}/resolve/" in entry.url


def test_what_lies_ready_is_read_in_full_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, x: Tensor
) -> None:
    theirs = build(network="vit_tiny_patch16_224")
    (tmp_path / "weights").mkdir()
    file = tmp_path / "weights" / "vit_tiny_patch16_224-imagenet.safetensors"
    save_file({k: v.half() for k, v in theirs.network.state_dict().items()}, file)
    monkeypatch.setenv("TRUSTAI_DATA", str(tmp_path))
    before = torch.random.get_rng_state()
    ours = zoo.load(ID, kind=TimmVisionTransformer)
    assert torch.equal(torch.random.get_rng_state(), before), "nothing is drawn"
    assert {p.dtype for p in ours.parameters()} == {torch.float32}
    torch.testing.assert_close(ours(x), theirs.freeze()(x), rtol=0.05, atol=0.02)
    assert ours.card is not None
    assert not ours.card.metrics, "not timm's own file"

    file.write_bytes(b"no safetensors")
    with pytest.raises(ValueError, match=r"expected a state dict in vit_tiny_patch16_224-imagenet"):
        zoo.load(ID)
