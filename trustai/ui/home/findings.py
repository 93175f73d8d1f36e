"""What other tools do not show, each in one sentence made from measurements."""

from __future__ import annotations

from math import isnan

import streamlit as st


def show_findings() -> None:
    """Faithfulness beside maps that know nothing, and the smallest epsilon of every picture."""
    st.subheader("What other tools do not show", anchor=False)
    for said in (faithfulness_sentence(), epsilon_sentence()):
        if said:
            st.markdown(f"- {said}")


def faithfulness_sentence() -> str:
    """How many methods are more faithful than maps that know nothing; empty if not measured."""
    from trustai import zoo
    from trustai.explain.image.evaluation.rows import SaliencyLeaderboardRow
    from trustai.ui.kit.subjects import photo_model
    from trustai.zoo.leaderboard import Leaderboard

    card = zoo.read_card(photo_model())
    board = Leaderboard.from_card(card, SaliencyLeaderboardRow)
    judged = [row for row in board.rows if row.reason is None and not isnan(row.lead)]
    if not judged:
        return ""
    better = sum(row.shows_faithfulness for row in judged)
    return (
        f"**Every explanation is compared with random maps.** On {board.n} test pictures of "
        f"{card.short_title}, {better} of {len(judged)} methods are more faithful than maps that "
        "know nothing about the answer. For the others this test finds no difference."
    )


def epsilon_sentence(eps: float = 3) -> str:
    """How many of 100 pictures each network still names correctly; empty if not measured.

    Args:
        eps: In 1/255.
    """
    from trustai.ui.kit.measured import accuracy_at, attack_measurements

    found = {n.card.id: n for n in attack_measurements("cifar10", "pgd_linf")}
    two = [found.get(f"cifar10-resnet18{end}") for end in ("", "-adversarial")]
    right = [
        round(100 * accuracy_at(n.smallest("pgd_linf"), [eps])[0]) for n in two if n is not None
    ]
    if two[0] is None or len(right) < len(two):
        return ""
    return (
        f"**Epsilon is measured for every single picture.** At {eps:g}/255 the standard network "
        f"names {right[0]} of 100 pictures correctly, and the network that was trained on attacks "
        f"names {right[1]}. The slider shows this for all {len(two[0].table):,} test pictures "
        "while you drag it."
    )
