"""One test per promise, over every explanation method there is."""

from __future__ import annotations

import dataclasses
import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch

from tests.toys.images import LayeredCNN, pictures
from trustai import zoo
from trustai.explain import image
from trustai.explain.image.methods.integrated_gradients import IntegratedGradientsParams
from trustai.explain.image.methods.smoothgrad import SmoothGradParams
from trustai.types import Attribution, NoParameters
from trustai.zoo.classifier import Classifier

NAMES = image.names()
NEEDS_ATTENTION = {name for name in NAMES if image.get(name).for_transformers}
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
# As little work as a method allows, where its parameters have such a field.
SHORT: dict[str, Any] = {"n": 3, "steps": 4, "n_samples": 40, "n_segments": 6}


@pytest.fixture(scope="module")
def network() -> Classifier:
    return LayeredCNN().freeze()


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return pictures(3, side=16, seed=5)


def short(name: str) -> Any:
    params = image.get(name).params
    known = {f.name for f in dataclasses.fields(params)}
    return params(**{k: v for k, v in SHORT.items() if k in known})


def run(name: str, network: Classifier, x: torch.Tensor, **changes: Any) -> Attribution:
    if name in NEEDS_ATTENTION:
        pytest.skip("needs a network with attention; tests/reference has one")
    return image.explain(name, network, x, **({"params": short(name)} | changes))


def same(a: Attribution, b: Attribution) -> bool:
    return torch.equal(a.map, b.map) and a.facts.keys() == b.facts.keys() and all(
        torch.equal(a.facts[k], b.facts[k]) for k in a.facts
    )  # fmt: skip


def state_of(network: Classifier) -> list[Any]:
    hooks = [len(getattr(m, name)) for m in network.modules() for name in HOOKS]
    modes = [m.training for m in network.modules()]
    flags = [(p.requires_grad, p.grad is None, p.sum().item()) for p in network.parameters()]
    kinds = [type(m) for m in network.modules()]
    inplace = [getattr(m, "inplace", None) for m in network.modules()]
    return [hooks, modes, flags, kinds, inplace]


def generators() -> list[Any]:
    return [
        torch.random.get_rng_state().tolist(),
        np.random.get_state()[1].tolist(),
        random.getstate(),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself(name: str) -> None:
    method = image.get(name)
    assert method.name == name
    assert method.title
    assert method.description[0].isupper()
    assert method.description.endswith(".")
    assert 5 <= len(method.description.split()) <= 50, "a sentence or two, not an article"
    assert method.url.startswith("https://")
    assert method.paper[-1] != "."
    assert "\\" in method.formula, "LaTeX, as the pages draw it"
    assert method.formula.count("{") == method.formula.count("}")
    assert "``" in (type(method).__doc__ or ""), "the formula, with its symbols explained"
    assert method.cost in ("fast", "moderate", "slow")


@pytest.mark.parametrize("name", NAMES)
def test_its_own_settings_are_of_its_parameters(name: str) -> None:
    """Those for large pictures, where it needs any, and those of a leaderboard."""
    method = image.get(name)
    assert type(method).__name__ == method.params.__name__.removesuffix("Params") or (
        method.params in (NoParameters, SmoothGradParams)
    )
    assert method.suits_large_pictures == (method.quick is None)
    for params in (method.quick, method.leaderboard_params):
        assert params is None or method.checked(params) is params


@pytest.mark.parametrize("name", NAMES)
def test_gives_a_map_per_picture(name: str, network: Classifier, x: torch.Tensor) -> None:
    result = run(name, network, x, target=2)
    assert result.map.shape == (3, 16, 16)
    assert result.map.dtype == torch.float32
    assert not result.map.requires_grad
    assert result.map.isfinite().all()
    assert result.signed or result.map.min() >= 0
    assert result.target.tolist() == [2, 2, 2]
    assert (result.layer is not None) == image.get(name).layered
    assert result.problems == (None, None, None)
    assert len({tuple(m.flatten().tolist()) for m in result.map}) == 3, "the picture matters"
    said = image.get(name).told(result)
    assert len(said) <= len(result.facts)
    assert all(one and "{" not in one for one in said)
    assert all(1 <= side <= 16 for side in result.grid)
    if result.pixels is not None:
        assert result.pixels.shape == x.shape
    assert result.circumstances.method == name
    assert result.seconds > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_target_matters_to_methods_of_the_class(
    name: str, network: Classifier, x: torch.Tensor
) -> None:
    first, second = (run(name, network, x, target=t).map for t in (0, 3))
    assert torch.allclose(first, second) != image.get(name).class_specific


@pytest.mark.parametrize("name", NAMES)
def test_without_a_target_the_predicted_class(
    name: str, network: Classifier, x: torch.Tensor
) -> None:
    result = run(name, network, x)
    assert torch.equal(result.target, network.predict(x).argmax(1))
    assert same(result, run(name, network, x, target=result.target))


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_bytes(name: str, network: Classifier, x: torch.Tensor) -> None:
    assert same(run(name, network, x, seed=1), run(name, network, x, seed=1))


@pytest.mark.parametrize("name", NAMES)
def test_neighbours_in_the_batch_do_not_matter(
    name: str, network: Classifier, x: torch.Tensor
) -> None:
    together = run(name, network, x, target=1)
    alone = run(name, network, x[1:2], target=1)
    torch.testing.assert_close(together.map[1:2], alone.map, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", [n for n in NAMES if image.get(n).layered])
def test_the_layer_matters(name: str, network: Classifier, x: torch.Tensor) -> None:
    if name in NEEDS_ATTENTION:
        pytest.skip("needs a network with attention")
    first = run(name, network, x, target=1, layer="body.1")
    assert first.layer == "body.1"
    default = run(name, network, x, target=1)
    assert default.layer == "body.3"
    assert not torch.allclose(first.map, default.map)


@pytest.mark.parametrize("name", NAMES)
def test_leaves_no_trace(name: str, network: Classifier, x: torch.Tensor) -> None:
    before, dice = state_of(network), generators()
    run(name, network, x)
    assert state_of(network) == before
    assert generators() == dice


class Stop(Exception):
    pass


@pytest.mark.parametrize("name", NAMES)
def test_leaves_no_trace_behind_an_exception(
    name: str, network: Classifier, x: torch.Tensor
) -> None:
    def stop(share: float) -> None:
        raise Stop

    before, dice = state_of(network), generators()
    with pytest.raises(Stop):
        run(name, network, x, on_progress=stop)
    assert state_of(network) == before
    assert generators() == dice


@pytest.mark.parametrize("name", NAMES)
def test_progress_rises_to_one(name: str, network: Classifier, x: torch.Tensor) -> None:
    shares: list[float] = []
    run(name, network, x, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert shares[0] >= 0


def test_eight_threads_with_different_methods_get_the_bytes_of_one(
    network: Classifier, x: torch.Tensor
) -> None:
    names = [n for n in NAMES if n not in NEEDS_ATTENTION]
    jobs = [(name, i) for i in range(len(x)) for name in names] * 2
    alone = {job: run(job[0], network, x[job[1] : job[1] + 1]) for job in set(jobs)}
    start = Barrier(8)

    def work(mine: list[tuple[str, int]]) -> list[bool]:
        start.wait()
        return [same(run(n, network, x[i : i + 1]), alone[n, i]) for n, i in mine]

    with ThreadPoolExecutor(8) as pool:
        agree = [ok for part in pool.map(work, [jobs[i::8] for i in range(8)]) for ok in part]
    assert len(agree) == len(jobs)
    assert all(agree)


def test_a_panel_is_its_methods_one_by_one(network: Classifier, x: torch.Tensor) -> None:
    names = [n for n in NAMES if n not in NEEDS_ATTENTION]
    params = {n: short(n) for n in names}
    panel = image.Panel(network, x[:1], seed=2)
    for name in names:
        result = panel.explain(name, params=params[name])
        alone = run(name, network, x[:1], seed=2)
        torch.testing.assert_close(result.map, alone.map, rtol=1e-4, atol=1e-6)


def test_a_panel_shares_its_passes(network: Classifier, x: torch.Tensor) -> None:
    passed: list[int] = []
    counting = network.replica()
    forward = type(counting).forward

    class Counting(type(counting)):  # type: ignore[misc]
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            passed.append(len(x))
            return forward(self, x)

    counting.__class__ = Counting
    names = ["gradient", "grad_cam", "guided_backprop", "guided_grad_cam", "smoothgrad_guided",
             "smoothgrad_guided_grad_cam"]  # fmt: skip
    params = {n: SmoothGradParams(n=16) for n in names if n.startswith("smooth")}
    panel = image.Panel(counting, x[:1])
    for name in names:
        panel.explain(name, params=params.get(name))
    # One for the gradient and Grad-CAM, one for guided backpropagation, 16 noisy copies.
    assert sum(passed) == 1 + 1 + 16


def test_a_panel_goes_on_past_a_method_that_cannot_apply(x: torch.Tensor) -> None:
    network = zoo.build("resnet18-cifar", n_classes=3, width=16).freeze()
    for module in list(network.modules()):
        for child in ("relu1", "relu2"):
            if hasattr(module, child):
                setattr(module, child, torch.nn.GELU())
    panel = image.Panel(network, x[:1])
    with pytest.raises(ValueError, match="gelu"):
        panel.explain("guided_backprop")
    assert panel.explain("gradient").problems == (None,)


class Functional(LayeredCNN):
    def features(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.relu(super().features(x))


@pytest.mark.parametrize("name", ["guided_backprop", "guided_grad_cam", "smoothgrad_guided"])
def test_guided_backprop_refuses_functional_relu(name: str, x: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"expected a network whose every non-linearity .* relu"):
        image.explain(name, Functional().freeze(), x)


def test_guided_backprop_refuses_a_network_without_relu(x: torch.Tensor) -> None:
    network = LayeredCNN()
    network.body[1], network.body[3] = torch.nn.Identity(), torch.nn.Identity()
    with pytest.raises(ValueError, match="expected a network with ReLU modules"):
        image.explain("guided_backprop", network.freeze(), x)


def test_a_map_of_zeros_is_diagnosed(network: Classifier, x: torch.Tensor) -> None:
    dead = network.replica()
    dead.linear.weight = torch.nn.Parameter(torch.zeros_like(dead.linear.weight), False)
    result = image.explain("grad_cam", dead, x, target=1)
    assert all(p is not None and "zero everywhere" in p for p in result.problems)


def test_a_map_that_is_not_finite_is_diagnosed(network: Classifier, x: torch.Tensor) -> None:
    broken = network.replica()
    broken.linear.weight = torch.nn.Parameter(
        torch.full_like(broken.linear.weight, torch.inf), False
    )
    result = image.explain("gradient", broken, x, target=1)
    assert all(p is not None and "not finite" in p for p in result.problems)


def test_sigma_0_is_the_method_without_noise(network: Classifier, x: torch.Tensor) -> None:
    none = SmoothGradParams(n=5, sigma=0)
    for smooth, base in [("smoothgrad", "gradient"), ("smoothgrad_guided", "guided_backprop"),
                         ("smoothgrad_guided_grad_cam", "guided_grad_cam")]:  # fmt: skip
        ours = image.explain(smooth, network, x, params=none).map
        assert torch.equal(ours, image.explain(base, network, x).map)


def test_the_seed_decides_the_noise(network: Classifier, x: torch.Tensor) -> None:
    first, second = (image.explain("smoothgrad", network, x, seed=s).map for s in (0, 1))
    assert not torch.allclose(first, second)


def test_completeness_gap_shrinks_with_the_steps(network: Classifier, x: torch.Tensor) -> None:
    def gap(steps: int) -> float:
        params = IntegratedGradientsParams(steps=steps)
        result = image.explain("integrated_gradients", network, x, params=params)
        return float(result.facts["completeness_gap"].max())

    assert gap(200) < 0.05
    assert gap(200) < gap(2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "gradcam"}, r"did you mean 'grad_cam'"),
        ({"target": 9}, r"expected target in 0..4, got 9"),
        ({"target": -1}, r"expected target in 0..4, got -1"),
        ({"target": torch.tensor([0, 1])}, r"expected target as int64 \(\) or \(3,\)"),
        ({"layer": "body.2"}, r"expected layer to be one of body.1, body.3"),
        ({"x": torch.rand(2, 3, 8)}, r"expected x as float32 \(N, 3, H, W\)"),
        ({"x": torch.full((1, 3, 8, 8), 255.0)}, r"did you mean x / 255"),
        ({"params": SmoothGradParams()}, r"expected params of 'grad_cam' to be a NoParameters"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    network: Classifier, x: torch.Tensor, arguments: dict[str, Any], message: str
) -> None:
    given = {"name": "grad_cam", "x": x} | arguments
    with pytest.raises(ValueError, match=message):
        image.explain(given.pop("name"), network, given.pop("x"), **given)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SmoothGradParams(n=0),
        lambda: SmoothGradParams(sigma=-0.1),
        lambda: SmoothGradParams(sigma=15),
        lambda: IntegratedGradientsParams(steps=0),
        lambda: IntegratedGradientsParams(baseline="blue"),  # type: ignore[arg-type]
    ],
)
def test_bad_parameters_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        wrong()


def test_layers_lists_names_labels_and_sizes(network: Classifier) -> None:
    found = image.layers(network, size=16)
    assert [(one.name, one.label) for one in found] == [("body.1", "first"), ("body.3", "second")]
    assert [(one.channels, one.height, one.width) for one in found] == [(6, 16, 16), (12, 8, 8)]
    assert found[1].title == "second (8×8)"
