"""Faithfulness of the explanations of one patient: the swap test and deletion curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from trustai import seeds, zoo
from trustai.explain import tabular
from trustai.explain.tabular.evaluation.deletion import deletion
from trustai.explain.tabular.evaluation.swap import swap, swap_rank
from trustai.plots import tabular_attribution, tabular_evaluation
from trustai.types import TabularAttribution
from trustai.ui.diabetes.pickers import Patient, as_row
from trustai.ui.kit.caching import tabular_model
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.frame import fold, methods
from trustai.zoo.architectures.tabular import TabularModel

N_CHANCE = 50
Found = dict[str, TabularAttribution]


@dataclass(frozen=True, eq=False)
class PatientFaithfulness:
    """The swap test and the deletion curves of one patient, methods by name."""

    change: Tensor
    ranks: dict[str, float]
    curves: dict[str, list[float]]
    areas: dict[str, float]
    chance: list[float]
    chance_area: float


def faithfulness_of(patient: Patient, model: TabularModel, found: Found) -> PatientFaithfulness:
    """Both tests on every explanation of this patient, on the network `model`."""
    row = as_row(patient.row)
    swaps = swap(model, row, torch.tensor([patient.label]), donors=patient.train)
    fill = model.filled(patient.background).quantile(0.5, dim=0)
    curves = {name: deletion(model, row, one.values, fill=fill) for name, one in found.items()}
    generator = seeds.torch_generator(0)
    many = row.expand(N_CHANCE, -1)
    chance = deletion(model, many, torch.randn(many.shape, generator=generator), fill=fill)
    return PatientFaithfulness(
        change=swaps.change[0],
        ranks={name: float(swap_rank(one.values, swaps)) for name, one in found.items()},
        curves={name: one.outputs[0].tolist() for name, one in curves.items()},
        areas={name: one.area.item() for name, one in curves.items()},
        chance=chance.outputs.mean(0).tolist(),
        chance_area=chance.area.mean().item(),
    )


def show_faithfulness(patient: Patient, card: zoo.Card, found: Found) -> PatientFaithfulness:
    """Both tests side by side, and a table of all methods."""
    judged = faithfulness_of(patient, tabular_model(card.id), found)
    table = pd.DataFrame(
        [
            {
                "method": tabular.get(name).title,
                "swap": judged.ranks[name],
                "area": judged.areas[name],
            }
            for name in found
        ]
    )
    with fold("Two tests on this patient: the swap test and deletion"):
        left, right = st.columns(2, gap="large")
        with left:
            _swap_test(patient, judged)
        with right:
            _deletion(judged)
        st.dataframe(table, hide_index=True, column_config=_judged_columns(judged))
    methods(*(tabular.get(name) for name in found))
    return judged


def _swap_test(patient: Patient, judged: PatientFaithfulness) -> None:
    st.subheader("The swap test")
    order = judged.change.abs().argsort(descending=True).tolist()
    chart(
        tabular_attribution.contributions(
            [patient.train.columns[i] for i in order],
            [judged.change[i].item() for i in order],
            limit=max(0.02, 1.1 * judged.change.abs().max().item()),
        ),
        key="swap",
        title="Swap test",
        about=f"Test patient {patient.index}",
    )
    other = patient.train.classes[1 - patient.label]
    st.caption(
        f"Each value is replaced by the values of all training patients with “{plain(other)}”. "
        "The bars show how much the probability of diabetes falls (red-orange) or rises (blue) on "
        "average. This test uses only the network and no explanation."
    )
    st.markdown(_verdict(judged))


def _deletion(judged: PatientFaithfulness) -> None:
    st.subheader("Deletion")
    titled = {tabular.get(name).title: y for name, y in judged.curves.items()}
    chart(
        tabular_evaluation.deletion(titled, chance=judged.chance),
        key="deletion",
        title="Probability while values are deleted",
    )
    st.caption(
        "The values with the most evidence for the decision are replaced first, by the medians. A "
        "steeper fall is better in this test. The test shows the network patients who do not "
        "exist. NAM's terms explain another network."
    )


def _judged_columns(judged: PatientFaithfulness) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "method": "Method",
        "swap": number(
            "Agreement with the swap test ↑", format="%.2f", help="Rank correlation of the sizes."
        ),
        "area": number(
            "Area under the deletion curve ↓",
            format="%.3f",
            help=f"Random orders have {judged.chance_area:.3f}.",
        ),
    }


def _verdict(judged: PatientFaithfulness) -> str:
    known = {name: rank for name, rank in judged.ranks.items() if rank == rank}
    if not known:
        return "For this patient no swap changes the probability, so there is no order."
    best, worst = max(known, key=lambda n: known[n]), min(known, key=lambda n: known[n])
    return (
        f"**{tabular.get(best).title}** agrees most with the order of the swap test (rank "
        f"correlation {known[best]:.2f}), {tabular.get(worst).title} agrees least "
        f"({known[worst]:.2f}). One patient proves little. The leaderboard below uses all test "
        "patients."
    )
