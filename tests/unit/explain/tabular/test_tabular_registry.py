"""One test per promise, over every explanation method for tables."""

from __future__ import annotations

import dataclasses
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import torch

from tests.toys.tables import Squares, mlp, rows_of
from trustai.explain import tabular
from trustai.explain.tabular.methods.integrated_gradients import IntegratedGradientsParams
from trustai.explain.tabular.methods.kernel_shap import KernelShapParams
from trustai.explain.tabular.methods.lime import LimeParams
from trustai.types import TabularAttribution
from trustai.zoo.architectures.tabular import TabularModel

NAMES = tabular.names()
EXACT = [name for name in NAMES if tabular.get(name).exact]
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
# As little work as a method allows; so few coalitions of four columns that some are drawn.
SHORT: dict[str, Any] = {"steps": 8, "n_samples": 60, "seeds": 3, "nsamples": 9}
ROWS, BACKGROUND = rows_of(3, seed=1), rows_of(11, seed=2)


@pytest.fixture(scope="module")
def network() -> TabularModel:
    return mlp()


def model_for(name: str, network: TabularModel) -> TabularModel:
    """The network, or an additive one where the method cannot apply to it."""
    applies = tabular.get(name).why_not(network, "logit") is None
    return network if applies else Squares(4).freeze()


def short(name: str) -> Any:
    params = tabular.get(name).params
    known = {f.name for f in dataclasses.fields(params)}
    return params(**{k: v for k, v in SHORT.items() if k in known})


def run(name: str, network: TabularModel, rows: torch.Tensor, **changes: Any) -> TabularAttribution:
    given = {"background": BACKGROUND, "params": short(name)} | changes
    return tabular.explain(name, model_for(name, network), rows, **given)


def same(a: TabularAttribution, b: TabularAttribution) -> bool:
    pairs = [(a.values, b.values), (a.base, b.base)]
    if a.spread is not None and b.spread is not None:
        pairs.append((a.spread, b.spread))
    return all(torch.equal(x, y) for x, y in pairs) and a.facts.keys() == b.facts.keys()


def state_of(network: TabularModel) -> list[Any]:
    hooks = [len(getattr(m, name)) for m in network.modules() for name in HOOKS]
    modes = [m.training for m in network.modules()]
    flags = [(p.requires_grad, p.grad is None, p.sum().item()) for p in network.parameters()]
    buffers = [b.sum().item() for b in network.buffers()]
    return [hooks, modes, flags, buffers]


def generators() -> list[Any]:
    return [
        torch.random.get_rng_state().tolist(),
        np.random.get_state()[1].tolist(),
        random.getstate(),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself(name: str) -> None:
    method = tabular.get(name)
    assert method.name == name
    assert method.title
    assert method.description[0].isupper()
    assert method.description.endswith(".")
    assert 5 <= len(method.description.split()) <= 50, "a sentence or two, not an article"
    assert method.url.startswith("https://")
    assert method.paper[-1] != "."
    assert "\\" in method.formula, "LaTeX, as the pages draw it"
    assert method.formula.count("{") == method.formula.count("}")
    assert method.cost in ("fast", "moderate", "slow")
    assert method.quick is None or isinstance(method.quick, method.params)


@pytest.mark.parametrize("output", ["logit", "probability"])
@pytest.mark.parametrize("name", NAMES)
def test_gives_a_value_per_column(name: str, output: Any, network: TabularModel) -> None:
    reason = tabular.get(name).why_not(model_for(name, network), output)
    if reason is not None:
        pytest.skip(reason)
    result = run(name, network, ROWS, output=output)
    model = model_for(name, network)
    assert result.values.shape == (3, 4)
    assert result.base.shape == result.predictions.shape == (3,)
    for tensor in (result.values, result.base, result.predictions):
        assert tensor.dtype == torch.float64
        assert tensor.isfinite().all()
        assert not tensor.requires_grad
    assert len({tuple(v.tolist()) for v in result.values}) == 3, "the row matters"
    assert (result.spread is not None) == (name == "lime")
    expected = model(ROWS) if output == "logit" else model(ROWS).sigmoid()
    torch.testing.assert_close(result.predictions, expected.double(), rtol=0, atol=1e-6)
    gap = (result.base + result.values.sum(1) - result.predictions).abs()
    torch.testing.assert_close(result.facts["additivity_gap"], gap)
    assert result.columns == ("x0", "x1", "x2", "x3")
    assert result.circumstances.method == name
    assert result.circumstances.parameters["output"] == output
    assert result.seconds > 0


@pytest.mark.parametrize("name", [*EXACT, "kernel_shap"])
def test_base_and_values_make_the_prediction(name: str, network: TabularModel) -> None:
    assert run(name, network, ROWS).facts["additivity_gap"].max() < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_says_how_far_to_trust_a_result(name: str, network: TabularModel) -> None:
    method = tabular.get(name)
    one = run(name, network, ROWS[:1])
    exact = run("shapley", model_for(name, network), ROWS[:1])
    for words in (method.remark(one), method.remark(one, exact=exact)):
        assert words
        assert words[-1] != "."
        assert "\n" not in words
    others = [tabular.get(other).remark(run(other, network, ROWS[:1])) for other in NAMES]
    assert others.count(method.remark(one)) == 1, "no method speaks for another"


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_bytes(name: str, network: TabularModel) -> None:
    assert same(run(name, network, ROWS, seed=1), run(name, network, ROWS, seed=1))


@pytest.mark.parametrize("name", ["lime", "kernel_shap"])
def test_the_seed_decides_what_is_drawn(name: str, network: TabularModel) -> None:
    first, second = (run(name, network, ROWS, seed=s) for s in (0, 1))
    assert not torch.allclose(first.values, second.values)


@pytest.mark.parametrize("name", NAMES)
def test_neighbours_do_not_matter(name: str, network: TabularModel) -> None:
    together, alone = run(name, network, ROWS), run(name, network, ROWS[1:2])
    torch.testing.assert_close(together.values[1:2], alone.values, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_value_is_what_the_model_takes_it_for(name: str, network: TabularModel) -> None:
    holes, others = ROWS.clone(), BACKGROUND.clone()
    holes[0, 2] = others[4, 1] = torch.nan
    result = run(name, network, holes, background=others)
    model = model_for(name, network)
    filled = run(name, network, model.filled(holes), background=model.filled(others))
    assert same(result, filled)
    assert not result.rows.isnan().any()


@pytest.mark.parametrize("name", NAMES)
def test_leaves_no_trace(name: str, network: TabularModel) -> None:
    before, dice = state_of(network), generators()
    run(name, network, ROWS)
    assert state_of(network) == before
    assert generators() == dice


class Stop(Exception):
    pass


@pytest.mark.parametrize("name", NAMES)
def test_leaves_no_trace_behind_an_exception(name: str, network: TabularModel) -> None:
    def stop(share: float) -> None:
        raise Stop

    before, dice = state_of(network), generators()
    with pytest.raises(Stop):
        run(name, network, ROWS, on_progress=stop)
    assert state_of(network) == before
    assert generators() == dice
    assert same(run(name, network, ROWS), run(name, network, ROWS)), "no lock is left behind"


@pytest.mark.parametrize("name", NAMES)
def test_progress_rises_to_one(name: str, network: TabularModel) -> None:
    shares: list[float] = []
    run(name, network, ROWS, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert shares[0] >= 0


def test_eight_threads_with_different_methods_get_the_bytes_of_one(network: TabularModel) -> None:
    jobs = [(name, i) for i in range(len(ROWS)) for name in NAMES] * 2
    alone = {job: run(job[0], network, ROWS[job[1] : job[1] + 1]) for job in set(jobs)}
    start = Barrier(8)

    def work(mine: list[tuple[str, int]]) -> list[bool]:
        start.wait()
        return [same(run(n, network, ROWS[i : i + 1]), alone[n, i]) for n, i in mine]

    with ThreadPoolExecutor(8) as pool:
        agree = [ok for part in pool.map(work, [jobs[i::8] for i in range(8)]) for ok in part]
    assert len(agree) == len(jobs)
    assert all(agree)


def test_nam_rejects_other_models_and_probabilities(network: TabularModel) -> None:
    with pytest.raises(ValueError, match="expected a neural additive model, got a TabularMLP"):
        tabular.explain("nam", network, ROWS, background=BACKGROUND)
    with pytest.raises(ValueError, match="add up to the logit only"):
        run("nam", network, ROWS, output="probability")


def test_shapley_rejects_many_columns() -> None:
    rows = rows_of(2, 13)
    with pytest.raises(ValueError, match=r"expected at most 12 columns, .*did you mean 'kernel_sh"):
        tabular.explain("shapley", mlp(n=13), rows, background=rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "shaply"}, r"did you mean 'shapley'"),
        (
            {"rows": torch.rand(2, 3)},
            r"expected rows as float32 \(N, 4\), got torch.float32 \(2, 3",
        ),
        ({"rows": ROWS.double()}, r"expected rows as float32"),
        ({"rows": ROWS[:0]}, r"expected at least one row in rows, got none"),
        ({"rows": ROWS / 0}, r"expected rows of finite numbers or NaN for missing, got infinity"),
        ({"background": ROWS[:0]}, r"expected at least one row in background, got none"),
        ({"output": "odds"}, r"expected output among logit, probability, got 'odds'"),
        ({"params": LimeParams()}, r"expected params of 'shapley' to be a NoParameters"),
        ({"seed": -1}, r"expected seed to be a whole number in \[0, 2\*\*32\), got -1"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    network: TabularModel, arguments: dict[str, Any], message: str
) -> None:
    given = {"name": "shapley", "rows": ROWS, "background": BACKGROUND} | arguments
    with pytest.raises(ValueError, match=message):
        tabular.explain(given.pop("name"), network, given.pop("rows"), **given)


def test_a_model_in_training_mode_is_rejected() -> None:
    model = mlp()
    model.train()
    with pytest.raises(ValueError, match="expected a model in eval mode"):
        tabular.explain("shapley", model, ROWS, background=BACKGROUND)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: LimeParams(n_samples=1),
        lambda: LimeParams(seeds=0),
        lambda: KernelShapParams(nsamples=0),
        lambda: IntegratedGradientsParams(steps=0),
        lambda: IntegratedGradientsParams(baseline="zero"),  # type: ignore[arg-type]
    ],
)
def test_bad_parameters_are_rejected(wrong: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        wrong()


def test_importing_the_package_imports_no_heavy_library() -> None:
    code = (
        "import sys, trustai.explain.tabular as t; t.names();"
        "print([m for m in ('lime', 'shap', 'sklearn', 'numba', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
