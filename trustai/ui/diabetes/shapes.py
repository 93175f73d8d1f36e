"""Shape functions of an additive network: one curve per column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from trustai import data, zoo
from trustai.plots import tabular_models
from trustai.types import Table
from trustai.ui.kit.caching import tabular_model
from trustai.ui.kit.charts import chart
from trustai.ui.kit.errors import plain
from trustai.ui.kit.glossary import hint


def shapes(cards: Sequence[zoo.Card]) -> None:
    """The curves of the additive network among `cards`, if one is."""
    card = next((card for card in cards if card.architecture == "nam"), None)
    if card is None:
        return
    st.markdown(hint("additive model"))
    model = tabular_model(card.id)
    assert isinstance(model, zoo.AdditiveModel)  # as its architecture says
    train = data.load("diabetes", split="train")
    if train.synthetic:
        st.caption("The grey bars count rows of the synthetic cohort.")
    grid = shape_grid(train)
    members = model.shapes(grid.float()).double().numpy()
    st.markdown(plain(shape_words(model, train)))
    reach = float(members.mean(0).min()), float(members.mean(0).max())
    room = 0.35 * (reach[1] - reach[0])
    cells = [cell for _ in range(0, len(train.columns), 3) for cell in st.columns(3)]
    for k, (name, cell) in enumerate(zip(train.columns, cells, strict=False)):
        values = train.rows[:, k].double()
        with cell:
            chart(
                tabular_models.shape(
                    grid[k].numpy(),
                    members[:, k],
                    values[~values.isnan()].numpy(),
                    reach=(reach[0] - room, reach[1] + room / 3),
                ),
                key=f"shape-{name}",
                title=name,
            )
    st.caption(
        f"A higher curve is evidence for “{plain(card.classes[1])}”, in log odds. The thin curves "
        f"are the {len(members)} networks of the ensemble. Each was trained on other rows. Where "
        "they differ, the model is unsure. The grey bars show how many training patients have "
        "such a value. Each curve is 0 on average over the training patients."
    )


def shape_grid(train: Table, *, points: int = 120) -> Tensor:
    """``float64 (F, G)``: each column's training range in even steps."""
    rows = train.rows.double()
    low = torch.where(rows.isnan(), torch.inf, rows).amin(0)
    high = torch.where(rows.isnan(), -torch.inf, rows).amax(0)
    return low[:, None] + torch.linspace(0, 1, points, dtype=torch.float64) * (high - low)[:, None]


def shape_words(model: zoo.AdditiveModel, train: Table) -> str:
    """Which column counts most and which least, by the mean absolute term over the rows."""
    with torch.no_grad():
        size = model.terms(train.rows).abs().mean(0).tolist()
    best, least = int(np.argmax(size)), int(np.argmin(size))
    return (
        f"{train.columns[best]} is most important: it changes the log odds of a training patient "
        f"by {size[best]:.2f} on average. {train.columns[least]} is least important "
        f"({size[least]:.2f})."
    )
