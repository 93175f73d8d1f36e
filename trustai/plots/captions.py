"""Captions as Plotly figures: words, lengths, scores and attention.

The words of a right-to-left language stand on the right, and its bars grow leftwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from trustai.data.text import LANGUAGES
from trustai.plots import colours
from trustai.plots.charts import FONT, layout, wrapped

LONGEST = 30


def rtl(language: str) -> bool:
    return LANGUAGES.get(language).direction == "rtl"


def frequent_words(counts: Sequence[tuple[str, int]], *, language: str) -> go.Figure:
    """Bars of the most frequent words, most frequent on top.

    Args:
        counts: Words with how often they stand there, descending.
        language: A right-to-left one has its words on the right, and bars that grow leftwards.
    """
    words, times = [w for w, _ in counts][::-1], [n for _, n in counts][::-1]
    figure = go.Figure(
        go.Bar(
            x=times,
            y=words,
            orientation="h",
            marker_color=colours.CLEAN,
            text=[f"{n:,}" for n in times],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,}<extra></extra>",
        )
    )
    largest = 1.25 * max(times, default=1)
    right = rtl(language)
    figure.update_xaxes(range=[largest, 0] if right else [0, largest], visible=False)
    figure.update_yaxes(side="right" if right else "left", tickfont={"size": FONT}, type="category")
    return layout(figure, height=60 + 26 * len(words))


def lengths(counts: Mapping[str, Mapping[int, int]]) -> go.Figure:
    """How many words the captions of each language have, as shares of its captions.

    The few with more than `LONGEST` words count as having that many.
    """
    figure = go.Figure()
    palette = (colours.CLEAN, colours.OTHERS[1], *colours.OTHERS)
    for (name, found), colour in zip(counts.items(), palette, strict=False):
        whole = sum(found.values()) or 1
        short = {n: times for n, times in found.items() if n < LONGEST}
        short[LONGEST] = whole - sum(short.values())
        x = sorted(n for n, times in short.items() if times)
        figure.add_bar(
            name=LANGUAGES.get(name).title,
            x=x,
            y=[short[n] / whole for n in x],
            marker_color=colour,
            hovertemplate=f"{LANGUAGES.get(name).title}, %{{x}} words: %{{y:.1%}}<extra></extra>",
        )
    figure.update_xaxes(title=f"words in a caption ({LONGEST}: or more)")
    figure.update_yaxes(tickformat=".0%", title="share of the captions")
    return layout(figure, height=300, barmode="group")


def beside_chance(
    rows: Sequence[tuple[str, float, float]], *, names: tuple[str, str], language: str
) -> go.Figure:
    """Two bars per row: what was measured, in blue, and what chance would give, in grey.

    Args:
        rows: ``(label, measured, by chance)``, shares in ``[0, 1]``; the first on top.
        names: Of the two.
        language: Of the labels; those of a right-to-left one stand on the right.
    """
    rows = list(rows)[::-1]
    figure = go.Figure()
    for which, name, colour in ((2, names[1], colours.RANDOM), (1, names[0], colours.CLEAN)):
        values = [float(row[which]) for row in rows]
        figure.add_bar(
            name=name,
            y=[row[0] for row in rows],
            x=values,
            orientation="h",
            marker_color=colour,
            text=[f"{value:.0%}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{y}}, {name}: %{{x:.1%}}<extra></extra>",
        )
    right = rtl(language)
    figure.update_xaxes(
        range=[1.15, 0] if right else [0, 1.15], tickformat=".0%", tickvals=[0, 0.5, 1]
    )
    figure.update_yaxes(type="category", side="right" if right else "left")
    return layout(figure, height=90 + 52 * len(rows), barmode="group", legend_traceorder="reversed")


def removed(
    rows: Sequence[tuple[str, float, float, str]],
) -> go.Figure:
    """What became of the words without some cells: how many changed, on one axis.

    Args:
        rows: ``(what was taken away, share of the words that changed, mean fall, colour)``.
    """
    rows = list(rows)[::-1]
    figure = go.Figure(
        go.Bar(
            x=[row[1] for row in rows],
            y=[row[0] for row in rows],
            orientation="h",
            marker_color=[row[3] for row in rows],
            text=[f"{changed:.0%}, log p −{fall:.2f}".replace("−-", "+") for _, changed, fall, _
                  in rows],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%} of the words change<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(
        range=[0, 1.45],
        tickformat=".0%",
        tickvals=[0, 0.5, 1],
        title="words that change",
    )
    figure.update_yaxes(type="category")
    return layout(figure, height=110 + 44 * len(rows))


def learning_curves(table: pd.DataFrame, *, titles: Mapping[str, str]) -> go.Figure:
    """A panel per variant: its loss on training and on validation sentences over the epochs.

    Args:
        table: Columns ``variant, epoch, train_loss, val_loss``.
        titles: Of the variants, by name.
    """
    names = list(dict.fromkeys(table["variant"]))
    n_rows = -(-len(names) // 2)
    figure = make_subplots(
        rows=n_rows,
        cols=2,
        shared_yaxes="all",
        subplot_titles=[wrapped(titles.get(name, name)) for name in names],
        vertical_spacing=0.32 / n_rows,
    )
    for k, name in enumerate(names):
        for line in _losses(table[table["variant"] == name], first=k == 0):
            figure.add_trace(line, row=k // 2 + 1, col=k % 2 + 1)
    figure.update_xaxes(dtick=1)
    figure.update_xaxes(title="epoch", row=n_rows)
    figure.update_yaxes(title="loss", col=1)
    figure.update_annotations(font_size=FONT)
    figure = layout(figure, height=90 + 210 * n_rows)
    return figure.update_layout(margin_t=84, legend_y=1 + 50 / (210 * n_rows))  # above two lines


def _losses(rows: pd.DataFrame, *, first: bool) -> list[go.Scatter]:
    """Two lines, told apart by dash and symbol too; the legend names those of the first panel."""
    lines = (
        ("train_loss", "training", colours.RANDOM, "dash", "square"),
        ("val_loss", "validation", colours.CLEAN, "solid", "circle"),
    )
    return [
        go.Scatter(
            x=rows["epoch"],
            y=rows[column],
            name=label,
            legendgroup=label,
            showlegend=first,
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 7},
            mode="lines+markers",
            hovertemplate=f"epoch %{{x}}, {label}: %{{y:.3f}}<extra></extra>",
        )
        for column, label, colour, dash, symbol in lines
    ]
