"""Adversarial attacks on captions: the smallest epsilon that changes one, and targeted keywords.

The gradient goes through decoder and encoder to the pixels (Chen et al. 2018, "Attacking Visual
Language Grounding with Adversarial Examples", https://arxiv.org/abs/1712.02051). The steps are
those of projected gradient descent in the Linf ball (Madry et al. 2018): the change of a pixel is
at most `eps`. An attack succeeds by the caption that is then decoded greedily.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from trustai import seeds
from trustai.attacks.base import require_inside
from trustai.attacks.steps import linf_step, random_start_linf
from trustai.captions.attention import log_probabilities, one_picture
from trustai.captions.captioner import Captioner
from trustai.captions.decoding import Caption, caption, decode
from trustai.types import Circumstances, OnProgress
from trustai.zoo import checks

LADDER = tuple(e / 255 for e in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0))
"""Epsilons tried one after the other, in units of ``[0, 1]``."""


@dataclass(frozen=True)
class CaptionPGDParams:
    """Parameters of projected gradient descent on a caption.

    Attributes:
        steps: Gradient steps at each epsilon, at least 1.
        alpha: Length of a step in the units of `eps`; None is ``2.5 * eps / steps``.
        halvings: How often the gap between the largest epsilon that left the caption as it was
            and the smallest that changed it is halved, at least 0.

    Raises:
        ValueError: a value out of range.
    """

    steps: int = 20
    alpha: float | None = None
    halvings: int = 4

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("steps", self.steps, 1)
        checks.at_least("halvings", self.halvings, 0)
        checks.positive("alpha", self.alpha)

    def step_length(self, eps: float) -> float:
        """`alpha`, or its default for `eps`."""
        return 2.5 * eps / self.steps if self.alpha is None else self.alpha


@dataclass(frozen=True, eq=False)
class CaptionTrial:
    """One epsilon of an attack.

    Attributes:
        eps: Largest change of a pixel.
        adversarial: The changed picture, ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        caption: Its greedy caption.
        success: Whether the goal was reached.
    """

    eps: float
    adversarial: Tensor
    caption: Caption
    success: bool


@dataclass(frozen=True, eq=False)
class CaptionAttackResult:
    """What an attack on a caption found.

    Attributes:
        clean: The caption before.
        trials: Every epsilon tried, ascending.
        circumstances: Model, parameters, seed and seconds.
    """

    clean: Caption
    trials: tuple[CaptionTrial, ...]
    circumstances: Circumstances

    @property
    def found(self) -> CaptionTrial | None:
        """The trial of the smallest epsilon that succeeded, or None."""
        return next((t for t in self.trials if t.success), None)


def smallest_epsilon(
    captioner: Captioner,
    x: Tensor,
    *,
    language: str = "en",
    eps: Sequence[float] = LADDER,
    params: CaptionPGDParams | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> CaptionAttackResult:
    """Untargeted attack: the smallest change of any pixel at which the greedy caption changes.

    At each epsilon, from a random start in the ball around x,
    ``x' <- project(x' - alpha sign(grad_x' sum_t log p(w_t | w_<t, x')))``
    with w the clean caption, until one of its words is no longer the likeliest; then the gap
    between the last two epsilons is halved. Any other word counts, a synonym too.

    Args:
        captioner: Encoder and decoder.
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        language: Of the caption.
        eps: Tried one after the other until one succeeds, ascending, in ``(0, 1]``.
        params: Defaults if None.
        seed: Of the random starts, the same direction at every epsilon.
        on_progress: Called with the share of the work done at worst; may raise to stop.

    Raises:
        ValueError: an input outside what is said above.
    """
    attack = _Attack(captioner, x, language, params or CaptionPGDParams(), seed, on_progress)
    return attack.smallest_epsilon(_checked(captioner, x, eps))


def targeted_keyword(
    captioner: Captioner,
    x: Tensor,
    word: str,
    *,
    eps: float,
    language: str = "en",
    params: CaptionPGDParams | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> CaptionAttackResult:
    """Targeted attack: makes the greedy caption contain a keyword, at any place.

    Descends ``min_t (max_v z_t,v - z_t,word)`` over the places t of the current caption, z being
    its log probabilities (the keyword method of Chen et al. 2018, here in the Linf ball). Where the
    clean caption says it already, nothing is changed and the trial is no success.

    Args:
        captioner: Encoder and decoder.
        x: ``float32 (1, 3, H, W)`` in ``[0, 1]``.
        word: One of the vocabulary's words of `language`.
        eps: Largest change of any pixel, in ``(0, 1]``.
        language: Of the caption.
        params: Defaults if None; `CaptionPGDParams.halvings` has no part in it.
        seed: Of the random start.
        on_progress: Called with the share of the work done; may raise to stop.

    Raises:
        ValueError: an input outside what is said above.
    """
    attack = _Attack(captioner, x, language, params or CaptionPGDParams(), seed, on_progress)
    (radius,) = _checked(captioner, x, [eps])
    return attack.keyword(word, radius)


Loss = Callable[[Tensor], tuple[Tensor, bool]]
"""Annotation vectors ``(1, L, D)`` -> what to descend, and whether the goal is reached there."""


class _Attack:
    """Projected gradient descent from one picture, once per epsilon."""

    def __init__(
        self,
        captioner: Captioner,
        x: Tensor,
        language: str,
        params: CaptionPGDParams,
        seed: int,
        on_progress: OnProgress | None,
    ) -> None:
        self.started = time.perf_counter()
        self.captioner, self.x, self.language = captioner, x, language
        self.params, self.seed, self.on_progress = params, seed, on_progress
        self.total, self.done = 1, 0

    def smallest_epsilon(self, radii: Sequence[float]) -> CaptionAttackResult:
        clean, ids = self.clean, torch.tensor(self.clean.ids, device=self.x.device)
        self.total = len(radii) + self.params.halvings

        def loss(annotations: Tensor) -> tuple[Tensor, bool]:
            log_p = log_probabilities(self.captioner, annotations, clean)[0]
            return log_p.gather(1, ids[:, None]).sum(), bool((log_p.argmax(1) != ids).any())

        def trial(eps: float) -> CaptionTrial:
            return self.descend(eps, loss, lambda now: now.words != clean.words)

        trials: list[CaptionTrial] = []
        for eps in radii:
            trials.append(trial(eps))
            if trials[-1].success:
                break
        if trials[-1].success:
            low, high = (trials[-2].eps if len(trials) > 1 else 0.0), trials[-1].eps
            for _ in range(self.params.halvings):
                middle = (low + high) / 2
                trials.append(trial(middle))
                low, high = (low, middle) if trials[-1].success else (middle, high)
        return self.result("smallest epsilon of a caption", trials, {"eps": radii})

    def keyword(self, word: str, eps: float) -> CaptionAttackResult:
        self.captioner.vocabulary.start(self.language)  # refuses an unknown language
        known = self.captioner.vocabulary.words[self.language]
        if word not in known:
            raise ValueError(f"expected one of the {len(known)} words it can say, got {word!r}")
        (goal,) = self.captioner.vocabulary.encode(word, language=self.language)

        def loss(annotations: Tensor) -> tuple[Tensor, bool]:
            decoder = self.captioner.decoder
            now = decode(decoder, annotations.detach(), language=self.language)[0][0]
            log_p = log_probabilities(self.captioner, annotations, now)[0]
            return (log_p.amax(1) - log_p[:, goal]).min(), goal in now.ids

        if word in self.clean.words:  # nothing to change, so nothing was reached
            one = CaptionTrial(eps, self.x.clone(), self.clean, False)
        else:
            one = self.descend(eps, loss, lambda now: word in now.words)
        return self.result("a chosen word in a caption", [one], {"eps": eps, "word": word})

    def descend(self, eps: float, loss: Loss, goal: Callable[[Caption], bool]) -> CaptionTrial:
        """Steps inside the ball until `loss` says that the goal is reached; greedily judged."""
        x, params = self.x, self.params
        generator = seeds.torch_generator(self.seed)
        x_adv = random_start_linf(x, eps, generator)
        for step in range(params.steps):
            with torch.enable_grad():
                leaf = x_adv.detach().requires_grad_()
                value, success = loss(self.folded.annotations(leaf))
                if success and goal(self.greedy(x_adv)):
                    break
                (gradient,) = torch.autograd.grad(-value, leaf)
            x_adv = linf_step(x_adv, x, gradient, eps=eps, alpha=params.step_length(eps))
            self._report((step + 1) / params.steps)
        require_inside(x_adv, x, eps, norm="linf")
        now = self.greedy(x_adv)
        self.done += 1
        self._report(0.0)
        return CaptionTrial(eps, x_adv, now, goal(now))

    @cached_property
    def folded(self) -> Captioner:
        """For gradients; the captions that decide are those of the network itself."""
        return dataclasses.replace(self.captioner, encoder=self.captioner.encoder.folded())

    @cached_property
    def clean(self) -> Caption:
        return self.greedy(self.x)

    def greedy(self, x: Tensor) -> Caption:
        """The greedy caption, which decides."""
        return caption(self.captioner, x, language=self.language)[0][0]

    def _report(self, share: float) -> None:
        if self.on_progress is not None:
            self.on_progress(min(1.0, (self.done + share) / self.total))

    def result(
        self, method: str, trials: Sequence[CaptionTrial], settings: dict[str, object]
    ) -> CaptionAttackResult:
        if self.on_progress is not None:
            self.on_progress(1.0)
        parameters = dataclasses.asdict(self.params) | settings | {"language": self.language}
        return CaptionAttackResult(
            clean=self.clean,
            trials=tuple(sorted(trials, key=lambda t: t.eps)),
            circumstances=self.captioner.circumstances(
                method=method, parameters=parameters, seed=self.seed, started=self.started
            ),
        )


def _checked(captioner: Captioner, x: Tensor, eps: Sequence[float]) -> list[float]:
    one_picture(captioner, x)
    radii = checks.radii(eps, norm="linf")
    if radii[0] <= 0:
        raise ValueError(f"expected eps greater than 0, got {radii[0]:g}")
    return radii
