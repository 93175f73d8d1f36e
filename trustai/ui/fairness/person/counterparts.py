"""One person of the census, counterparts in another group, and what both networks say of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from trustai import data, zoo
from trustai.data.splits import sample
from trustai.explain import tabular
from trustai.fairness.groups import Groups, groups_of
from trustai.fairness.path import MeasuredPath
from trustai.fairness.person import Neighbour, nearest
from trustai.fairness.proxies import Moved, moved
from trustai.types import Table, TabularAttribution
from trustai.ui.kit.caching import cached_call, sha256_of
from trustai.zoo.architectures.tabular import TabularMLP
from trustai.zoo.architectures.tabular_path import TabularPath

N_BACKGROUND: Final = 60
SHAP: Final = "shapley"


@dataclass(frozen=True, eq=False)
class Census:
    """A census as this view uses it.

    Attributes:
        train, test: Parts with all columns.
        learned: The columns of the training part that the networks look at.
        groups: By part and attribute.
    """

    train: Table
    test: Table
    learned: Table
    groups: dict[str, dict[str, Groups]]


@dataclass(frozen=True, eq=False)
class Case:
    """A person and the group to compare with.

    Attributes:
        census: Where the person is from.
        number: Of the person in the test part.
        attribute: ``"sex"`` or ``"race"``.
        source, target: The person's own group and the other one, numbers of names.
    """

    census: Census
    number: int
    attribute: str
    source: int
    target: int

    @property
    def names(self) -> tuple[str, ...]:
        return self.census.groups["test"][self.attribute].names

    @property
    def row(self) -> Tensor:
        """What the networks see of the person."""
        return self.census.test.select(self.census.learned.columns).rows[self.number]

    @property
    def renamed(self) -> Tensor:
        """What the networks see if only the column of the group is changed."""
        test = self.census.test
        at = test.columns.index(self.attribute)
        levels = test.levels[at] or ()
        rows = test.rows[[self.number]].clone()
        rows[0, at] = levels.index(self.names[self.target])
        one = replace(test.take(torch.tensor([self.number])), rows=rows)
        return one.select(self.census.learned.columns).rows[0]


@dataclass(frozen=True, eq=False)
class Counterparts:
    """The person in the other group, drawn and real."""

    moved: Moved
    nearest: Neighbour


@st.cache_resource(show_spinner="Loading the networks", max_entries=2)
def networks(model_id: str, weights_sha256: str) -> TabularPath:
    """The networks of a path, loaded and verified once per server.

    Args:
        weights_sha256: So that new weights are loaded anew.
    """
    path = zoo.load(model_id, kind=TabularPath)
    for step in range(len(path)):
        path.at(step).card = path.card
    return path


@st.cache_resource(show_spinner=False, max_entries=2, hash_funcs={Table: data.split_sha})
def census_of(table: Table, columns: tuple[str, ...]) -> Census:
    """The parts of a whole table; treat them as read-only."""
    train, test = (data.part(table, split) for split in ("train", "test"))
    groups = {"train": groups_of(train), "test": groups_of(test)}
    return Census(train, test, train.select(columns), groups)


def counterparts(case: Case) -> Counterparts:
    """The person moved to the other group with all proxies, and the nearest real person there."""
    learned, groups = case.census.learned, case.census.groups["train"][case.attribute]
    return cached_call(
        lambda: Counterparts(
            moved(learned, groups.codes, case.row, source=case.source, target=case.target),
            nearest(learned, case.row, groups.codes == case.target)[0],
        ),
        subject=None,
        weights_sha="",
        inputs=[sha256_of(case.row), data.split_sha(learned)],
        method="fairness.person",
        parameters={"attribute": case.attribute, "ends": (case.source, case.target)},
    )


def shapley(case: Case, measured: MeasuredPath, step: int) -> TabularAttribution:
    """Exact Shapley values of one network's probability for the person."""
    model = network(measured, step)
    background = sample(case.census.learned, N_BACKGROUND, 0).rows
    return cached_call(
        lambda: tabular.explain(
            SHAP, model, case.row[None], background=background, output="probability"
        ),
        subject=None,
        weights_sha=measured.card.weights_sha256,
        inputs=[sha256_of(case.row, background)],
        method=f"fairness.person/{SHAP}",
        parameters={"step": step},
        heavy="explaining the prediction",
    )


def network(measured: MeasuredPath, step: int) -> TabularMLP:
    """The network of one step."""
    return networks(measured.card.id, measured.card.weights_sha256).at(step)


def probabilities(
    case: Case, found: Counterparts, measured: MeasuredPath, step: int
) -> list[float]:
    """Of one network: the person, only the group changed, counterparts with both ends, nearest."""
    model = network(measured, step)
    real = case.census.learned.rows[found.nearest.position]
    one, renamed, near = model.probability(torch.stack([case.row, case.renamed, real])).tolist()
    drawn = model.probability(found.moved.rows).double().numpy()
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [one, renamed, float(drawn.mean()), near, float(low), float(high)]


def first_above(measured: MeasuredPath, census: Census) -> int:
    """The first man of the test part to whom the network without a repair gives 50 % or more."""
    sex = census.groups["test"]["sex"]
    men = sex.codes == sex.names.index("Male")
    rows = census.test.select(census.learned.columns).rows[:200]
    likely = network(measured, 0).probability(rows).numpy() >= 0.5
    found = np.flatnonzero(likely & men[:200])
    return int(found[0]) if len(found) else 0


def case_of(census: Census, number: int, attribute: str, target: str = "") -> Case:
    """A person beside another group.

    Args:
        number: Of the person in the test part.
        target: Name of the group; empty for the first one that is not the person's own.

    Raises:
        ValueError: the person's group is not known.
    """
    groups = census.groups["test"][attribute]
    source = int(groups.codes[number])
    if source < 0:
        raise ValueError(f"expected a person whose {attribute} is known, got person {number}")
    others = [name for k, name in enumerate(groups.names) if k != source]
    return Case(census, number, attribute, source, groups.names.index(target or others[0]))
