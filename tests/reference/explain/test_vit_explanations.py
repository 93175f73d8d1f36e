"""Explanations of a transformer against hand computation, and what does not apply to it."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import MobileNetV2 as TorchvisionMobileNetV2
from torchvision.models import SqueezeNet as TorchvisionSqueezeNet
from torchvision.models import VisionTransformer as TorchvisionTransformer

from tests.toys.images import TinyCNN, pictures
from trustai.explain import image
from trustai.explain.image.methods.attention_rollout import attentions, rollout
from trustai.zoo.pretrained.torchvision_families import (
    MobileNetV2,
    SqueezeNet,
    VisionTransformer,
)

SIDE, PATCH, LAYERS, HEADS, WIDTH = 16, 4, 3, 2, 8
GRID = SIDE // PATCH


@pytest.fixture(scope="module")
def vit() -> VisionTransformer:
    """Three blocks of two heads over 4 x 4 patches, whose attention is far from even."""
    network = TorchvisionTransformer(
        image_size=SIDE, patch_size=PATCH, num_layers=LAYERS, num_heads=HEADS, hidden_dim=WIDTH,
        mlp_dim=12, num_classes=5,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.7)
    return VisionTransformer(network).freeze()


@pytest.fixture(scope="module")
def x() -> Tensor:
    return pictures(2, side=SIDE, seed=2)


def attention_by_hand(block: nn.Module, tokens: Tensor) -> np.ndarray:
    """``mean_h softmax(Q_h K_h^T / sqrt(d))`` of one picture's tokens ``(1 + T, D)``."""
    attention, d = block.self_attention, WIDTH // HEADS
    read = block.ln_1(tokens).double().numpy()
    weight, bias = attention.in_proj_weight.double().numpy(), attention.in_proj_bias.numpy()
    q = read @ weight[:WIDTH].T + bias[:WIDTH]
    k = read @ weight[WIDTH : 2 * WIDTH].T + bias[WIDTH : 2 * WIDTH]
    total = np.zeros((len(tokens), len(tokens)))
    for head in range(HEADS):
        part = slice(head * d, (head + 1) * d)
        scores = np.exp(q[:, part] @ k[:, part].T / math.sqrt(d))
        total += scores / scores.sum(1, keepdims=True) / HEADS
    return total


@torch.no_grad()
def blocks_by_hand(vit: VisionTransformer, x: Tensor) -> list[np.ndarray]:
    """Every block's attention on one picture ``(1, 3, H, W)``."""
    net, found = vit.network, []
    patches = net.conv_proj(vit.normalise(x))[0].flatten(1).T
    tokens = torch.cat([net.class_token[0], patches]) + net.encoder.pos_embedding[0]
    for block in net.encoder.layers:
        found.append(attention_by_hand(block, tokens))
        tokens = block(tokens[None])[0]
    return found


# -- attention rollout -----------------------------------------------------------------------


def test_attention_is_that_of_the_formula(vit: VisionTransformer, x: Tensor) -> None:
    found = attentions(vit, x)
    assert len(found) == LAYERS
    for n in range(len(x)):
        for ours, by_hand in zip(found, blocks_by_hand(vit, x[n : n + 1]), strict=True):
            np.testing.assert_allclose(ours[n].numpy(), by_hand, atol=1e-5)
            assert by_hand.std() > 0.01, "an even attention would prove little"


def test_rollout_is_that_of_the_paper(vit: VisionTransformer, x: Tensor) -> None:
    result = image.explain("attention_rollout", vit, x)
    assert result.grid == (GRID, GRID)
    assert result.layer is None
    assert not result.signed
    for n in range(len(x)):
        row = np.eye(1 + GRID**2)[0]  # of the class token: followed back from the last block
        for attention in reversed(blocks_by_hand(vit, x[n : n + 1])):
            row = 0.5 * (row @ attention) + 0.5 * row
        coarse = torch.from_numpy(row[1:].reshape(1, 1, GRID, GRID))
        expected = F.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear")[0, 0].float()
        torch.testing.assert_close(result.map[n], expected, rtol=1e-4, atol=1e-6)
        assert float(result.facts["kept_by_class_token"][n]) == pytest.approx(row[0], abs=1e-5)
        assert row.sum() == pytest.approx(1)


def test_rollout_of_two_blocks_by_hand() -> None:
    """The class token reads the patch, then the patch reads the class token: order matters."""
    reads_patch = torch.tensor([[[0.0, 1.0], [0.0, 1.0]]])
    reads_class = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    torch.testing.assert_close(
        rollout([reads_patch, reads_class]), torch.tensor([[[0.5, 0.5], [0.25, 0.75]]])
    )
    torch.testing.assert_close(
        rollout([reads_class, reads_patch]), torch.tensor([[[0.75, 0.25], [0.5, 0.5]]])
    )
    # Weights that do not sum to 1 (as under dropout) are brought back to 1.
    torch.testing.assert_close(
        rollout([torch.tensor([[[2.0, 1.0], [0.0, 0.0]]])]),
        torch.tensor([[[0.75, 0.25], [0.0, 1.0]]]),
    )


def test_rollout_is_the_same_for_every_class(vit: VisionTransformer, x: Tensor) -> None:
    maps = [image.explain("attention_rollout", vit, x, target=k).map for k in range(5)]
    assert all(torch.equal(maps[0], other) for other in maps)
    assert "same for every class" in image.get("attention_rollout").description


def test_rollout_leaves_the_shared_network_alone(vit: VisionTransformer, x: Tensor) -> None:
    before = vit.predict(x)
    expected = image.explain("attention_rollout", vit, x, target=0).map
    for module in vit.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert torch.equal(vit.predict(x), before)

    def work(k: int) -> Tensor:
        if k % 3 == 0:
            image.explain("grad_cam", vit, x, target=0)
        return image.explain("attention_rollout", vit, x, target=0).map

    with ThreadPoolExecutor(8) as pool:
        assert all(torch.equal(expected, other) for other in pool.map(work, range(24)))


def test_rollout_does_not_depend_on_the_batch(vit: VisionTransformer, x: Tensor) -> None:
    together = image.explain("attention_rollout", vit, x, target=0).map
    for n in range(len(x)):
        alone = image.explain("attention_rollout", vit, x[n : n + 1], target=0).map[0]
        torch.testing.assert_close(alone, together[n], rtol=1e-5, atol=1e-7)


def test_rollout_refuses_a_network_without_attention() -> None:
    network = TinyCNN().freeze()
    with pytest.raises(ValueError, match="expected a vision transformer, got a network without"):
        image.explain("attention_rollout", network, pictures(1))
    assert not any(module._forward_hooks for module in network.modules())


# -- Grad-CAM on the grid of tokens ----------------------------------------------------------


@pytest.mark.parametrize("block", range(LAYERS))
def test_grad_cam_is_that_of_the_formula(vit: VisionTransformer, x: Tensor, block: int) -> None:
    """The pass is cut at the block's ``ln_1`` and gone through by hand from there."""
    net, target = vit.network, 3
    layers = net.encoder.layers
    stage = f"network.encoder.layers.encoder_layer_{block}.ln_1"
    assert stage in [s.name for s in vit.stages]
    patches = net.conv_proj(vit.normalise(x)).flatten(2).transpose(1, 2)
    tokens = torch.cat([net.class_token.expand(len(x), -1, -1), patches], 1)
    tokens = layers[:block](tokens + net.encoder.pos_embedding)
    read = layers[block].ln_1(tokens).detach().requires_grad_(True)
    tokens = tokens + layers[block].self_attention(read, read, read)[0]
    tokens = layers[block + 1 :](tokens + layers[block].mlp(layers[block].ln_2(tokens)))
    score = net.heads(net.encoder.ln(tokens)[:, 0])[:, target].sum()
    (gradient,) = torch.autograd.grad(score, read)

    weights = gradient[:, 1:].mean(1)
    coarse = torch.einsum("nd,ntd->nt", weights, read.detach()[:, 1:]).relu()
    coarse = coarse.view(len(x), 1, GRID, GRID)
    expected = F.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear")[:, 0]
    result = image.explain("grad_cam", vit, x, target=target, layer=stage)
    torch.testing.assert_close(result.map, expected, rtol=1e-3, atol=1e-5)
    assert result.grid == (GRID, GRID)


@pytest.mark.parametrize("name", ["grad_cam", "grad_cam_pp", "layer_cam"])
def test_the_last_stage_says_something(vit: VisionTransformer, x: Tensor, name: str) -> None:
    found = [image.explain(name, vit, x, target=k) for k in range(5)]
    assert {result.layer for result in found} == {vit.stages[-1].name}
    maps = torch.stack([result.map for result in found])
    assert (maps.amax((2, 3)) > 0).float().mean() > 0.5
    assert maps.flatten(2).std(0).max() > 0, "it is about the class"


def test_why_a_stage_is_what_the_attention_reads(vit: VisionTransformer, x: Tensor) -> None:
    """After the last block only the class token counts: the patches there have no gradient."""
    replica = vit.replica()
    kept: dict[str, Tensor] = {}
    for name in (vit.stages[-1].name, "network.encoder.layers.encoder_layer_2"):
        replica.get_submodule(name).register_forward_hook(
            lambda _m, _x, out, name=name: kept.setdefault(name, out)
        )
    logits = replica(x.clone().requires_grad_(True))
    read, after = torch.autograd.grad(logits[:, 0].sum(), list(kept.values()))
    assert after[:, 1:].abs().max() == 0
    assert after[:, 0].abs().max() > 0
    assert read[:, 1:].abs().amax(2).min() > 0


# -- what applies and what does not ----------------------------------------------------------


@pytest.mark.parametrize("name", ["gradient", "gradient_x_input", "integrated_gradients"])
def test_methods_of_the_gradient_apply(vit: VisionTransformer, x: Tensor, name: str) -> None:
    result = image.explain(name, vit, x)
    assert result.problems == (None, None)
    if name == "integrated_gradients":  # the sum of it is the difference of the logits
        assert result.facts["completeness_gap"].max() < 0.05


@pytest.mark.parametrize("name", ["guided_backprop", "guided_grad_cam", "smoothgrad_guided"])
@pytest.mark.parametrize("kind", ["vit", "mobilenet"])
def test_guided_backpropagation_refuses(vit: VisionTransformer, kind: str, name: str) -> None:
    """GELU and ReLU6 are no ReLU: it would silently be the plain gradient."""
    network = (
        vit
        if kind == "vit"
        else MobileNetV2(TorchvisionMobileNetV2(num_classes=5, width_mult=0.1)).freeze()
    )
    side = SIDE if kind == "vit" else 32
    with pytest.raises(ValueError, match="expected a network with ReLU modules, got one without"):
        image.explain(name, network, pictures(1, side=side))


def test_guided_backpropagation_applies_to_networks_of_relus() -> None:
    """torchvision overwrites in its ReLUs; here each must pass only what is positive."""
    torch.manual_seed(0)
    network = SqueezeNet(TorchvisionSqueezeNet("1_1", num_classes=5)).freeze()
    x = pictures(1, side=64)
    guided = image.explain("guided_backprop", network, x, target=1)
    plain = image.explain("gradient", network, x, target=1)
    assert guided.problems == (None,)
    assert not torch.allclose(guided.map, plain.map, rtol=1e-2)
