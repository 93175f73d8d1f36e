"""What methods of many passes a picture have in common: bytes, threads, errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from trustai.explain import image
from trustai.explain.image.methods.lime import LimeParams, seeds_of
from trustai.explain.image.methods.occlusion import OcclusionParams
from trustai.explain.image.methods.rise import RiseParams
from trustai.explain.image.methods.score_cam import ScoreCAMParams
from trustai.explain.image.methods.shap import ShapParams
from trustai.types import Attribution
from trustai.zoo.classifier import Classifier

# From pixels: 16 x 16 noise cut into 9 pieces or so takes milliseconds.
SHORT: dict[str, Any] = {
    "score_cam": ScoreCAMParams(),
    "rise": RiseParams(n=40, s=4),
    "occlusion": OcclusionParams(patch=5, stride=3),
    "lime": LimeParams(n_samples=50, n_segments=9, runs=2),
    "shap": ShapParams(n_samples=60, n_segments=9),
}
DRAW_NOTHING = ("score_cam", "ablation_cam", "occlusion", "feature_ablation", "deep_lift")
NAMES = [name for name in image.names() if image.get(name).alone]


def same(a: Attribution, b: Attribution) -> bool:
    return torch.equal(a.map, b.map) and all(
        torch.equal(a.facts[name], b.facts[name]) for name in a.facts.keys() | b.facts.keys()
    )


@pytest.mark.parametrize("name", NAMES)
def test_neighbours_do_not_matter_to_the_byte(name: str, network: Classifier, x: Tensor) -> None:
    target = torch.tensor([2, 0, 4])
    together = image.explain(name, network, x, target=target, params=SHORT.get(name))
    panel = image.Panel(network, x, target=target).explain(name, params=SHORT.get(name))
    for i in range(3):
        alone = image.explain(
            name, network, x[i : i + 1], target=int(target[i]), params=SHORT.get(name)
        )
        assert torch.equal(together.map[i], alone.map[0])
        torch.testing.assert_close(panel.map[i], alone.map[0], rtol=1e-4, atol=1e-5)
    other = image.explain(name, network, x, target=(target + 1) % 5, params=SHORT.get(name))
    assert not any(torch.allclose(a, b) for a, b in zip(together.map, other.map, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_eight_threads_with_seeds_of_their_own_and_no_trace(
    name: str, network: Classifier, x: Tensor
) -> None:
    def run(seed: int) -> Attribution:
        return image.explain(name, network, x[:1], seed=seed, params=SHORT.get(name))

    alone = [run(seed) for seed in range(8)]
    assert not same(alone[0], alone[1]) or name in DRAW_NOTHING
    torch_dice, numpy_dice = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    start = Barrier(8)

    def work(seed: int) -> bool:
        start.wait()
        return same(run(seed), alone[seed])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert torch.equal(torch.random.get_rng_state(), torch_dice)
    assert np.array_equal(np.random.get_state()[1], numpy_dice)
    assert not any(module._forward_hooks for module in network.modules())
    assert not network.training


@pytest.mark.parametrize(
    ("module", "names"),
    [("lime.lime_image", ["lime"]), ("skimage.segmentation", ["lime", "shap", "feature_ablation"])],
)
def test_without_the_library_the_error_says_what_to_install(
    module: str, names: list[str], network: Classifier, x: Tensor, monkeypatch: Any
) -> None:
    image.explain("lime", network, x[:1], params=SHORT["lime"])  # whatever else it imports is there
    monkeypatch.setitem(sys.modules, module, None)
    for name in NAMES:
        if name in names:
            with pytest.raises(ValueError, match=r"expected the package .* \(pip install"):
                image.explain(name, network, x[:1], params=SHORT.get(name))
        else:
            image.explain(name, network, x[:1], params=SHORT.get(name))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: ScoreCAMParams(channels=0), "channels to be at least 1, got 0"),
        (lambda: ScoreCAMParams(fade="pink"), "fade among black, grey, got 'pink'"),  # type: ignore[arg-type]
        (lambda: OcclusionParams(patch=0), "patch of at least 1 pixel, got 0"),
        (lambda: OcclusionParams(patch=0.0), r"patch as a share in \(0, 1\], got 0"),
        (
            lambda: OcclusionParams(patch=8.0),
            r"patch as a share in \(0, 1\], got 8 \(did you mean 8 p",
        ),
        (lambda: OcclusionParams(stride=True), "stride to be a number, got True"),
        (
            lambda: OcclusionParams(baseline="pink"),  # type: ignore[arg-type]
            "baseline among grey, blur, mean, black, white, got 'pink'",
        ),
        (lambda: OcclusionParams(patch=65).in_pixels(64, 80), "patch of at most 64 pixels, got 65"),
        (
            lambda: OcclusionParams(patch=4, stride=5).in_pixels(64, 64),
            "stride to be at most patch",
        ),
        (lambda: LimeParams(n_samples=1), "n_samples to be at least 2"),
        (lambda: LimeParams(n_segments=1), "n_segments to be at least 2"),
        (lambda: LimeParams(runs=0), "runs to be at least 1"),
        (lambda: LimeParams(kernel_width=0), "kernel_width to be greater than 0"),
        (lambda: LimeParams(baseline="pink"), "baseline among grey, blur, mean, black"),  # type: ignore[arg-type]
        (lambda: ShapParams(n_samples=3), "n_samples to be at least 4"),
        (lambda: ShapParams(n_segments=1), "n_segments to be at least 2"),
        (lambda: ShapParams(baseline="pink"), "baseline among grey, blur, mean, black"),  # type: ignore[arg-type]
        (lambda: seeds_of(-1, runs=2), r"seed in 0..2\*\*32 - 1, got -1"),
    ],
)  # fmt: skip
def test_bad_parameters_get_one_clear_sentence(wrong: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"expected {message}"):
        wrong()


def test_a_seed_below_zero_is_refused(network: Classifier, x: Tensor) -> None:
    for name in ("lime", "shap"):
        with pytest.raises(ValueError, match=r"expected seed .* got -1"):
            image.explain(name, network, x[:1], seed=-1, params=SHORT.get(name))
