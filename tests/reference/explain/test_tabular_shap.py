"""Our exact Shapley values against shap's own explainers on the same rows and background."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from trustai.explain import tabular
from trustai.explain.tabular.batched import Output
from trustai.explain.tabular.methods.kernel_shap import KernelShapParams
from trustai.zoo.architectures.tabular import TabularMLP, TabularModel

shap = pytest.importorskip("shap")


@pytest.fixture(scope="module")
def model() -> TabularModel:
    """The course's network with eight columns, of drawn weights and not of begun statistics."""
    model = TabularMLP(
        columns=[f"x{i}" for i in range(8)], fill=[0.0] * 8, mean=[0.1] * 8, std=[1.2] * 8
    )
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.copy_(0.5 + torch.rand(value.shape, generator=generator))
            elif value.is_floating_point():
                fan_in = value[0].numel() if value.ndim > 1 else 4
                value.copy_(torch.randn(value.shape, generator=generator) * (4 / fan_in) ** 0.5)
    return model.freeze()


def drawn(n: int, seed: int) -> torch.Tensor:
    """Rounded, so that rows and background share values."""
    return (torch.randn((n, 8), generator=torch.Generator().manual_seed(seed)) * 2).round() / 2


def function(model: TabularModel, output: Output) -> Any:
    def answer(x: np.ndarray) -> np.ndarray:
        rows = torch.from_numpy(np.asarray(x, dtype=np.float32))
        with torch.no_grad():
            return (model.probability(rows) if output == "probability" else model(rows)).numpy()

    return answer


@pytest.fixture
def not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """shap's loops as plain Python: to compile them takes half a minute, to run them a second."""
    from shap import links
    from shap.explainers import _exact
    from shap.maskers import _tabular
    from shap.utils import _masked_model

    for module in (links, _exact, _tabular, _masked_model):
        for name, value in vars(module).copy().items():
            if hasattr(value, "py_func"):
                monkeypatch.setattr(module, name, value.py_func)


@pytest.mark.usefixtures("not_compiled")
@pytest.mark.parametrize("output", ["logit", "probability"])
def test_exact(model: TabularModel, output: Output) -> None:
    rows, background = drawn(6, 1), drawn(100, 2)
    masker = shap.maskers.Independent(background.numpy(), max_samples=100)
    theirs = shap.explainers.Exact(function(model, output), masker)(rows.numpy())
    ours = tabular.explain("shapley", model, rows, background=background, output=output)
    assert np.abs(theirs.values).max() > 0.02
    np.testing.assert_allclose(ours.values.numpy(), theirs.values, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.base.numpy(), theirs.base_values, rtol=0, atol=1e-6)


def test_kernel_explainer(model: TabularModel) -> None:
    rows, background = drawn(4, 3), drawn(60, 4)
    explainer = shap.KernelExplainer(function(model, "probability"), background.numpy())
    theirs = explainer.shap_values(rows.numpy(), silent=True, l1_reg=False)
    ours = tabular.explain("shapley", model, rows, background=background, output="probability")
    np.testing.assert_allclose(ours.values.numpy(), theirs, rtol=0, atol=1e-5)
    wrapped = tabular.explain(
        "kernel_shap", model, rows, background=background, output="probability"
    )
    np.testing.assert_allclose(wrapped.values.numpy(), theirs, rtol=0, atol=1e-6)


def test_few_coalitions_are_only_near(model: TabularModel) -> None:
    rows, background = drawn(4, 3), drawn(60, 4)
    exact = tabular.explain("shapley", model, rows, background=background).values
    params = KernelShapParams(nsamples=60)
    near = tabular.explain("kernel_shap", model, rows, background=background, params=params)
    gap = (near.values - exact).abs().max()
    assert 1e-4 < gap < 0.5 * exact.abs().max()
    assert near.facts["additivity_gap"].max() < 1e-6
