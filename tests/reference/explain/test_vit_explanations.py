"""Explanations of a transformer against hand computation, and what does not apply to it."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import SqueezeNet as TorchvisionSqueezeNet
from torchvision.models import VisionTransformer as TorchvisionTransformer

from tests.toys.images import TinyCNN, pictures
from trustai.explain import image
from trustai.explain.image.methods.attention_rollout import rollout
from trustai.explain.image.methods.eigen_cam import first_component
from trustai.explain.image.methods.transformer_attribution import relevance
from trustai.explain.image.passes import Passes, enlarge
from trustai.zoo.pretrained.torchvision_families import SqueezeNet
from trustai.zoo.pretrained.torchvision_networks import build
from trustai.zoo.pretrained.transformers import (
    TimmVisionTransformer,
    Transformer,
    VisionTransformer,
)

SIDE, PATCH, LAYERS, HEADS, WIDTH = 16, 4, 3, 2, 8
GRID = SIDE // PATCH


def drawn(network: nn.Module) -> nn.Module:
    """All numbers from a generator of their own, so large that attention is far from even."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.7)
    return network


@pytest.fixture(scope="module")
def vit() -> VisionTransformer:
    """Torchvision's, three blocks of two heads over 4 x 4 patches."""
    network = TorchvisionTransformer(
        image_size=SIDE, patch_size=PATCH, num_layers=LAYERS, num_heads=HEADS, hidden_dim=WIDTH,
        mlp_dim=12, num_classes=5,
    )  # fmt: skip
    return VisionTransformer(drawn(network)).freeze()


@pytest.fixture(scope="module")
def timms() -> TimmVisionTransformer:
    """timm's, of the same size."""
    network = timm.models.VisionTransformer(
        img_size=SIDE, patch_size=PATCH, depth=LAYERS, num_heads=HEADS, embed_dim=WIDTH,
        mlp_ratio=1.5, num_classes=5,
    )  # fmt: skip
    half = (0.5,) * 3
    return TimmVisionTransformer(drawn(network), mean=half, std=half).freeze()


@pytest.fixture(params=["vit", "timms"])
def either(request: pytest.FixtureRequest) -> Transformer:
    """A network of each library."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def x() -> Tensor:
    return pictures(2, side=SIDE, seed=2)


def attention_by_hand(read: Tensor, weight: Tensor, bias: Tensor) -> np.ndarray:
    """``softmax(Q_h K_h^T / sqrt(d))`` of every head: ``(heads, 1 + T, 1 + T)``.

    Args:
        read: What the attention reads, one picture's tokens ``(1 + T, D)``.
        weight, bias: Of queries, keys and values, one below the other.
    """
    d = WIDTH // HEADS
    projected = read.double().numpy() @ weight.double().numpy().T + bias.double().numpy()
    q, k = projected[:, :WIDTH], projected[:, WIDTH : 2 * WIDTH]
    found = []
    for head in range(HEADS):
        part = slice(head * d, (head + 1) * d)
        scores = np.exp(q[:, part] @ k[:, part].T / math.sqrt(d))
        found.append(scores / scores.sum(1, keepdims=True))
    return np.stack(found)


def start_of(network: Transformer, x: Tensor) -> Tensor:
    """The tokens ``(N, 1 + T, D)`` before the first block."""
    net = network.network
    if isinstance(network, TimmVisionTransformer):
        patches = net.patch_embed.proj(network.normalise(x)).flatten(2).transpose(1, 2)
        return torch.cat([net.cls_token.expand(len(x), -1, -1), patches], 1) + net.pos_embed
    patches = net.conv_proj(network.normalise(x)).flatten(2).transpose(1, 2)
    tokens = torch.cat([net.class_token.expand(len(x), -1, -1), patches], 1)
    return tokens + net.encoder.pos_embedding


def blocks_of(network: Transformer) -> list[nn.Module]:
    timms = isinstance(network, TimmVisionTransformer)
    return list(network.network.blocks if timms else network.network.encoder.layers)


def projections(block: Any) -> tuple[nn.Module, Tensor, Tensor]:
    """The layer norm before a block's attention, and the weight and bias of queries to values."""
    if hasattr(block, "attn"):
        return block.norm1, block.attn.qkv.weight, block.attn.qkv.bias
    attention = block.self_attention
    return block.ln_1, attention.in_proj_weight, attention.in_proj_bias


@torch.no_grad()
def heads_by_hand(network: Transformer, x: Tensor) -> list[np.ndarray]:
    """Every block's attention on one picture ``(1, 3, H, W)``."""
    tokens, found = start_of(network, x), []
    for block in blocks_of(network):
        norm, weight, bias = projections(block)
        found.append(attention_by_hand(norm(tokens)[0], weight, bias))
        tokens = block(tokens)
    return found


def enlarged(row: np.ndarray) -> Tensor:
    """A value per patch as a map of the picture's size."""
    coarse = torch.from_numpy(row.reshape(1, 1, GRID, GRID))
    return F.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear")[0, 0].float()


# -- attention rollout -----------------------------------------------------------------------


def test_attention_is_that_of_the_formula(either: Transformer, x: Tensor) -> None:
    for gradients in (False, True):  # torch computes attention in other ways without
        with torch.set_grad_enabled(gradients):
            logits, found = either.attentions(x.clone().requires_grad_(gradients))
        torch.testing.assert_close(logits, either.predict(x), rtol=1e-4, atol=1e-5)
        assert len(found) == LAYERS
        for n in range(len(x)):
            for ours, by_hand in zip(found, heads_by_hand(either, x[n : n + 1]), strict=True):
                np.testing.assert_allclose(ours[n].detach().numpy(), by_hand, atol=1e-5)
                assert by_hand.std() > 0.01, "an even attention would prove little"


def test_logits_can_be_differentiated_by_the_attention(either: Transformer, x: Tensor) -> None:
    """The class token reads one patch a little more, in one head: how far does the logit move?"""
    network, x, step, patch, d = either.replica().double(), x[:1].double(), 1e-6, 5, WIDTH // HEADS
    logits, found = network.attentions(x.clone().requires_grad_(True))
    gradients = torch.autograd.grad(logits[0, 2], found)
    block = blocks_of(network)[1]
    norm, weight, bias = projections(block)
    attention = block.attn if hasattr(block, "attn") else block.self_attention
    out = attention.proj if hasattr(block, "attn") else attention.out_proj

    with torch.no_grad():
        read = norm(blocks_of(network)[0](start_of(network, x)))
        value = F.linear(read, weight[2 * WIDTH :], bias[2 * WIDTH :])[0, patch, d:]  # of head 1
        moved = torch.zeros_like(read)
        moved[0, 0] = F.linear(step * value, out.weight[:, d:])
        before = network(x)[0, 2]
        attention.register_forward_hook(
            lambda _m, _x, y: (y[0] + moved, y[1]) if isinstance(y, tuple) else y + moved
        )
        slope = (network(x)[0, 2] - before) / step
    torch.testing.assert_close(gradients[1][0, 1, 0, patch], slope, rtol=1e-4, atol=1e-8)


def test_rollout_is_that_of_the_paper(either: Transformer, x: Tensor) -> None:
    result = image.explain("attention_rollout", either, x)
    assert result.grid == (GRID, GRID)
    assert result.layer is None
    assert not result.signed
    for n in range(len(x)):
        row = np.eye(1 + GRID**2)[0]  # of the class token: followed back from the last block
        for heads in reversed(heads_by_hand(either, x[n : n + 1])):
            row = 0.5 * (row @ heads.mean(0)) + 0.5 * row
        torch.testing.assert_close(result.map[n], enlarged(row[1:]), rtol=1e-4, atol=1e-6)
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


def test_rollout_is_the_same_for_every_class(either: Transformer, x: Tensor) -> None:
    maps = [image.explain("attention_rollout", either, x, target=k).map for k in range(5)]
    assert all(torch.equal(maps[0], other) for other in maps)
    assert "same for every class" in image.get("attention_rollout").description


@pytest.mark.parametrize("name", ["attention_rollout", "transformer_attribution"])
def test_eight_threads_on_one_network(either: Transformer, x: Tensor, name: str) -> None:
    before = either.predict(x)
    expected = image.explain(name, either, x, target=0).map
    for module in either.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert torch.equal(either.predict(x), before)

    def work(k: int) -> Tensor:
        if k % 3 == 0:
            image.explain("grad_cam", either, x, target=0)
        return image.explain(name, either, x, target=0).map

    with ThreadPoolExecutor(8) as pool:
        assert all(torch.equal(expected, other) for other in pool.map(work, range(24)))


def test_rollout_does_not_depend_on_the_batch(either: Transformer, x: Tensor) -> None:
    together = image.explain("attention_rollout", either, x, target=0).map
    for n in range(len(x)):
        alone = image.explain("attention_rollout", either, x[n : n + 1], target=0).map[0]
        torch.testing.assert_close(alone, together[n], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["attention_rollout", "transformer_attribution"])
def test_a_network_without_attention_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected a vision transformer, got a network without"):
        image.explain(name, TinyCNN().freeze(), pictures(1))


# -- transformer attribution -----------------------------------------------------------------


def test_transformer_attribution_is_that_of_the_paper(either: Transformer, x: Tensor) -> None:
    """Equations 5 and 6, written with loops over heads, on gradients that were tested above."""
    target = 3
    result = image.explain("transformer_attribution", either, x, target=target)
    assert result.grid == (GRID, GRID)
    for n in range(len(x)):
        logits, blocks = either.attentions(x[n : n + 1].clone().requires_grad_(True))
        gradients = torch.autograd.grad(logits[0, target], blocks)
        rolled = np.eye(1 + GRID**2)
        for heads, gradient in zip(heads_by_hand(either, x[n : n + 1]), gradients, strict=True):
            mean = np.zeros_like(rolled)
            for head in range(HEADS):
                mean += np.maximum(gradient[0, head].double().numpy() * heads[head], 0) / HEADS
            rolled = rolled + mean @ rolled
        expected = enlarged(rolled[0, 1:])
        torch.testing.assert_close(result.map[n], expected, rtol=1e-3, atol=1e-6)


def test_relevance_of_two_blocks_and_two_heads_by_hand() -> None:
    """Negative products count nothing, heads are averaged, and the later block stands left."""
    reads_patch = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]])
    reads_class = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]]])
    two, minus = torch.full((1, 2, 2, 2), 2.0), torch.tensor([2.0, -5.0]).view(1, 2, 1, 1)
    # First block: (2 [0 1; 0 1] + 2 [1 0; 0 1]) / 2 = [1 1; 0 2]; I + that = [2 1; 0 3].
    # Second: the second head's products are negative: 2 [1 0; 1 0] / 2 = [1 0; 1 0].
    # R = [2 1; 0 3] + [1 0; 1 0] [2 1; 0 3] = [4 2; 2 4].
    found = relevance([reads_patch, reads_class], [two, minus.expand(1, 2, 2, 2)])
    assert found[0].tolist() == [[4.0, 2.0], [2.0, 4.0]]


def test_transformer_attribution_differs_from_class_to_class(
    either: Transformer, x: Tensor
) -> None:
    maps = [image.explain("transformer_attribution", either, x, target=k).map for k in range(5)]
    assert all(not torch.allclose(maps[0], other) for other in maps[1:])
    assert torch.stack(maps).min() >= 0


def test_transformer_attribution_on_the_full_size_network() -> None:
    """ViT-B/16's architecture, drawn at random."""
    network = build(network="vit_b_16", n_classes=10).freeze()
    network.network.heads.head.weight.normal_(generator=torch.Generator().manual_seed(0))
    result = image.explain("transformer_attribution", network, pictures(1, side=224), target=1)
    assert (result.grid, result.problems) == ((14, 14), (None,))


# -- Grad-CAM on the grid of tokens ----------------------------------------------------------


@pytest.mark.parametrize("block", range(LAYERS))
def test_grad_cam_is_that_of_the_formula(either: Transformer, x: Tensor, block: int) -> None:
    """The pass is cut at what the block's attention reads and gone through by hand from there."""
    net, target, layers = either.network, 3, blocks_of(either)
    stage = either.stages[block].name
    tokens = start_of(either, x)
    for one in layers[:block]:
        tokens = one(tokens)
    here = layers[block]
    read = projections(here)[0](tokens).detach().requires_grad_(True)
    if isinstance(either, TimmVisionTransformer):
        tokens = tokens + here.attn(read)
        tokens = tokens + here.mlp(here.norm2(tokens))
    else:
        tokens = tokens + here.self_attention(read, read, read)[0]
        tokens = tokens + here.mlp(here.ln_2(tokens))
    for one in layers[block + 1 :]:
        tokens = one(tokens)
    last = net.norm if isinstance(either, TimmVisionTransformer) else net.encoder.ln
    (gradient,) = torch.autograd.grad(either.head(last(tokens)[:, 0])[:, target].sum(), read)

    weights = gradient[:, 1:].mean(1)
    coarse = torch.einsum("nd,ntd->nt", weights, read.detach()[:, 1:]).relu()
    coarse = coarse.view(len(x), 1, GRID, GRID)
    expected = F.interpolate(coarse, size=(SIDE, SIDE), mode="bilinear")[:, 0]
    result = image.explain("grad_cam", either, x, target=target, layer=stage)
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
def test_guided_backpropagation_refuses(either: Transformer, x: Tensor, name: str) -> None:
    """GELU is no ReLU: it would silently be the plain gradient."""
    with pytest.raises(ValueError, match="expected a network with ReLU modules, got one without"):
        image.explain(name, either, x)


@pytest.mark.parametrize("name", ["hires_cam", "xgrad_cam", "eigen_cam"])
def test_other_cams_read_the_grid_of_tokens(either: Transformer, x: Tensor, name: str) -> None:
    """By their formulas, on the patches' tokens without the class token."""
    target, stage = 3, either.stages[-1].name
    plain = Passes(either, x, target=torch.full((len(x),), target), seed=0).plain
    read, gradient = plain.activations[stage], plain.gradients[stage]
    assert read.shape[2:] == (GRID, GRID)
    product = (read * gradient).sum((2, 3), keepdim=True)
    if name == "hires_cam":
        coarse = (read * gradient).sum(1)
    elif name == "xgrad_cam":
        coarse = (product / read.sum((2, 3), keepdim=True) * read).sum(1).relu()
    else:
        coarse = first_component(read)[0].relu()
    found = image.explain(name, either, x, target=target)
    torch.testing.assert_close(found.map, enlarge(coarse, x), rtol=1e-3, atol=1e-4)
    assert found.problems == (None, None)


def test_guided_backpropagation_applies_to_networks_of_relus() -> None:
    """torchvision overwrites in its ReLUs; here each must pass only what is positive."""
    torch.manual_seed(0)
    network = SqueezeNet(TorchvisionSqueezeNet("1_1", num_classes=5)).freeze()
    x = pictures(1, side=64)
    guided = image.explain("guided_backprop", network, x, target=1)
    plain = image.explain("gradient", network, x, target=1)
    assert guided.problems == (None,)
    assert not torch.allclose(guided.map, plain.map, rtol=1e-2)
