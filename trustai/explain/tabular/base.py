"""The base class of attribution methods for tables, their registry, and `explain`.

A method adds `attribute`, which turns complete rows into values, and a description of itself; see
`trustai.explain.tabular.methods.gradient_x_input` for the smallest.
"""

from __future__ import annotations

import dataclasses
import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor

from trustai import seeds
from trustai.explain.tabular.batched import OUTPUTS, BatchedModel, Output
from trustai.registry import Registry
from trustai.types import Circumstances, OnProgress, TabularAttribution
from trustai.zoo import checks
from trustai.zoo.architectures.tabular import TabularModel
from trustai.zoo.described import Cost, Described

P = TypeVar("P")


@dataclass(frozen=True, eq=False)
class Contributions:
    """What a method hands back for some rows; `TabularAttribution` explains the names."""

    values: Tensor
    base: Tensor
    spread: Tensor | None = None
    facts: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Task(Generic[P]):
    """Some rows for one method, already validated.

    Attributes:
        model: In eval mode and shared with other threads: ask it. To hook or switch it, take a
            `replica`, which costs an ensemble of networks more than the answer does.
        rows, background: ``float32 (N, F)`` and ``(B, F)`` in raw units, missing values filled.
        predictions: ``float64 (N,)``: the model's output for the rows.
        seed: For everything that is drawn.
        on_progress: Called with the share done in ``[0, 1]``; may raise to stop.
    """

    model: TabularModel
    rows: Tensor
    background: Tensor
    predictions: Tensor
    output: Output
    params: P
    seed: int
    on_progress: OnProgress | None

    @cached_property
    def batched(self) -> BatchedModel:
        """The model's output as a fast function of many rows."""
        return BatchedModel(self.model, self.output)

    def gradient(self, rows: Tensor) -> Tensor:
        """``float32 (M, F)``: the slope of the output in each column, per raw unit."""
        with torch.enable_grad():
            x = rows.detach().clone().requires_grad_(True)
            logits = self.model(x)
            output = logits.sigmoid() if self.output == "probability" else logits
            return torch.autograd.grad(output.sum(), x)[0]

    def done(self, share: float) -> None:
        """Tell how much of the work is done, in ``[0, 1]``."""
        if self.on_progress is not None:
            self.on_progress(share)


class Method(Described[P]):
    """Base class: a sub-class writes `attribute` and describes itself; everything else is here.

    Attributes:
        exact: Its values are those of the definition, nothing is estimated.
    """

    exact: ClassVar[bool] = False

    @abstractmethod
    def attribute(self, task: Task[P]) -> Contributions:
        """Values for all rows of the task.

        Raises:
            ValueError: the method cannot apply to this model; one sentence says why.
        """

    def why_not(self, model: TabularModel, output: Output) -> str | None:
        """Why the method cannot explain this output of this model, in one sentence, or None."""
        return None

    def cost_on(self, model: TabularModel, output: Output) -> Cost:
        """What it costs to explain this output of this model, where that is not the usual."""
        return self.cost

    def remark(self, found: TabularAttribution, *, exact: TabularAttribution | None = None) -> str:
        """A few words on how far an explanation of one row can be trusted, with its figures.

        Args:
            found: Of this method, one row.
            exact: The exact Shapley values of the same row, where they are known.
        """
        return self.description.rstrip(".").lower()


METHODS: Registry[Method[Any]] = Registry("explanation method")


def explain(
    name: str,
    model: TabularModel,
    rows: Tensor,
    *,
    background: Tensor,
    seed: int = 0,
    output: Output = "logit",
    params: Any = None,
    on_progress: OnProgress | None = None,
) -> TabularAttribution:
    """Explain rows of a table with one method. `model` may be shared with other threads.

    Args:
        name: One of `names`.
        model: In eval mode.
        rows: ``float32 (N, F)`` in raw units, NaN for missing, explained as the model fills it.
        background: ``float32 (B, F)``: rows of the training part that stand for "not known".
        seed: Same inputs and seed, same bytes out.
        output: Explain the ``"logit"`` of class 1 or its ``"probability"``.
        params: The method's own dataclass, ``get(name).params``; None for its defaults.
        on_progress: Called with the share of the work done, in ``[0, 1]``; may raise to stop.

    Raises:
        ValueError: an input outside what is said above, or the method cannot apply to this model.
    """
    started = time.perf_counter()
    method = METHODS.get(name)
    params = method.checked(params)
    task = _task(model, rows, background, output, params, seed, on_progress)
    reason = method.why_not(model, output)
    if reason is not None:
        raise ValueError(reason)
    found = method.attribute(task)
    parameters = dataclasses.asdict(params) | {"output": output, "background": len(background)}
    task.done(1.0)
    circumstances = model.circumstances(
        method=name, parameters=parameters, seed=seed, started=started
    )
    return _attribution(name, task, found, circumstances)


def _task(
    model: TabularModel,
    rows: Tensor,
    background: Tensor,
    output: Output,
    params: P,
    seed: int,
    on_progress: OnProgress | None,
) -> Task[P]:
    complete, others = checked(model, rows), checked(model, background, name="background")
    if output not in OUTPUTS:
        raise ValueError(f"expected output among {', '.join(OUTPUTS)}, got {output!r}")
    seed = seeds.checked(seed)
    checks.gradients_possible(rows)
    with torch.no_grad():
        predictions = model.probability(complete) if output == "probability" else model(complete)
    if not predictions.isfinite().all():
        raise ValueError("expected a network that answers with finite numbers, got others")
    return Task(model, complete, others, predictions.double(), output, params, seed, on_progress)


def _attribution(
    name: str, task: Task[Any], found: Contributions, circumstances: Circumstances
) -> TabularAttribution:
    if found.values.shape != task.rows.shape or found.base.shape != task.rows.shape[:1]:
        raise RuntimeError(f"{name} gave values of {tuple(found.values.shape)}")
    values, base = found.values.detach().double(), found.base.detach().double()
    _check_finite(name, task, values, base)
    gap = (base + values.sum(1) - task.predictions).abs()
    return TabularAttribution(
        values=values,
        base=base,
        predictions=task.predictions,
        spread=found.spread,
        rows=task.rows,
        columns=task.model.columns,
        output=task.output,
        facts={"additivity_gap": gap, **found.facts},
        circumstances=circumstances,
    )


def _check_finite(name: str, task: Task[Any], values: Tensor, base: Tensor) -> None:
    """Output is checked as input is: a gap of infinity or NaN says nothing."""
    wrong = (~values.isfinite()).any(0).nonzero()[:, 0].tolist()
    if wrong:
        column = task.model.columns[wrong[0]]
        lowest, highest = task.background[:, wrong[0]].aminmax()
        raise ValueError(
            f"expected {METHODS.get(name).title} to find finite values, got others in column "
            f"{column!r} (its values are from {lowest:.3g} to {highest:.3g}: use another unit)"
        )
    if not base.isfinite().all():
        raise ValueError(f"expected {METHODS.get(name).title} to find a finite base, got another")


def checked(model: TabularModel, rows: Tensor, *, name: str = "rows") -> Tensor:
    """The rows with missing values filled as the model fills them.

    Args:
        model: In eval mode.
        rows: ``float32 (N, F)`` in raw units, NaN for missing.
        name: What to call them in an error.

    Returns:
        ``float32 (N, F)``.

    Raises:
        ValueError: not rows of the model's table, or a model in training mode.
    """
    if model.training:
        raise ValueError("expected a model in eval mode, got one in training mode")
    n = len(model.columns)
    if rows.ndim != 2 or rows.shape[1] != n or rows.dtype != torch.float32:
        raise ValueError(
            f"expected {name} as float32 (N, {n}), got {rows.dtype} {tuple(rows.shape)}"
        )
    if len(rows) == 0:
        raise ValueError(f"expected at least one row in {name}, got none")
    if rows.isinf().any():
        raise ValueError(f"expected {name} of finite numbers or NaN for missing, got infinity")
    return model.filled(rows)
