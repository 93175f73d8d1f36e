"""Attacks on captions, against a captioner whose smallest epsilon is known."""

from __future__ import annotations

import pytest
import torch

from tests.toys.captions import captioner, picture
from trustai import captions
from trustai.captions.attack import LADDER, CaptionPGDParams, smallest_epsilon, targeted_keyword

# The second cell is the nearest to a change: green is 0.06 above blue, so both by 0.03.
X = picture((0.9, 0.2, 0.1), (0.1, 0.51, 0.45), (0.2, 0.3, 0.7), (0.6, 0.1, 0.4))
SAID = ("red", "green", "blue", "red")


def test_the_smallest_epsilon_is_found_to_the_last_halving() -> None:
    shares: list[float] = []
    found = smallest_epsilon(
        captioner(), X, params=CaptionPGDParams(halvings=6), on_progress=shares.append
    )
    assert found.clean.words == SAID
    assert found.found is not None
    gap = (16 - 4) / 255 / 2**6
    assert 0.03 <= found.found.eps <= 0.03 + 2 * gap + 1e-3
    assert found.found.caption.words == ("red", "blue", "blue", "red")
    delta = (found.found.adversarial - X).abs().max().item()
    assert 0.029 < delta <= found.found.eps + 1e-6
    eps = [t.eps for t in found.trials]
    assert eps == sorted(eps)
    assert [t.success for t in found.trials] == [e >= 0.03 for e in eps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_what_is_said_is_judged_by_decoding_again() -> None:
    network = captioner()
    for trial in smallest_epsilon(network, X).trials:
        again = captions.caption(network, trial.adversarial)[0][0]
        assert again.words == trial.caption.words
        assert trial.success == (again.words != SAID)
        assert (trial.adversarial >= 0).all()
        assert (trial.adversarial <= 1).all()


def test_nothing_is_found_in_a_ball_too_small() -> None:
    found = smallest_epsilon(captioner(), X, eps=[0.01, 0.02])
    assert found.found is None
    assert [t.eps for t in found.trials] == [0.01, 0.02]


def test_persian_is_attacked_alike_and_seeds_repeat() -> None:
    english, persian = (smallest_epsilon(captioner(), X, language=name) for name in ("en", "fa"))
    assert english.found is not None
    assert persian.found is not None
    assert persian.clean.words == ("سرخ", "سبز", "آبی", "سرخ")
    assert persian.found.eps == english.found.eps
    again = smallest_epsilon(captioner(), X, language="fa")
    assert again.found is not None
    assert torch.equal(again.found.adversarial, persian.found.adversarial)


def test_a_chosen_word_is_said_where_it_is_easiest() -> None:
    network = captioner()
    only_red = picture((0.9, 0.1, 0.2), (0.6, 0.5, 0.1), (0.8, 0.1, 0.3), (0.9, 0.2, 0.1))
    found = targeted_keyword(network, only_red, "green", eps=0.06)
    assert found.clean.words == ("red",) * 4
    assert found.found is not None
    assert found.found.caption.words == ("red", "green", "red", "red")
    assert (found.found.adversarial - only_red).abs().max() <= 0.06 + 1e-6
    assert targeted_keyword(network, only_red, "green", eps=0.04).found is None
    assert found.circumstances.parameters["word"] == "green"


@pytest.mark.parametrize(
    "call",
    [
        lambda: targeted_keyword(captioner(), X, "unicorn", eps=0.1),
        lambda: targeted_keyword(captioner(), X, "red", eps=8),
        lambda: targeted_keyword(captioner(), X, "red", eps=0.1, language="tlh"),
        lambda: smallest_epsilon(captioner(), X, eps=[0.0, 0.1]),
        lambda: smallest_epsilon(captioner(), X.repeat(2, 1, 1, 1)),
        lambda: smallest_epsilon(captioner(), X, language="tlh"),
        lambda: CaptionPGDParams(steps=0),
        lambda: CaptionPGDParams(halvings=-1),
    ],
)
def test_wrong_questions_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        call()  # type: ignore[operator]


def test_the_ladder_ascends_within_the_range() -> None:
    assert list(LADDER) == sorted(set(LADDER))
    assert 0 < LADDER[0] < LADDER[-1] <= 1


def test_a_word_that_is_said_already_is_no_success() -> None:
    found = targeted_keyword(captioner(), X, "green", eps=0.1)
    (trial,) = found.trials
    assert not trial.success
    assert torch.equal(trial.adversarial, X)
    assert trial.caption.words == SAID
