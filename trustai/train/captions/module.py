"""Training of caption decoders: teacher forcing, scheduled sampling, REINFORCE for hard attention.

"Show, Attend and Tell" (Xu et al. 2015, https://arxiv.org/abs/1502.03044); scheduled sampling
(Bengio et al. 2015, https://arxiv.org/abs/1506.03099).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from trustai.captions import decode, scores
from trustai.data.text import PAD, split
from trustai.train.captions.batches import NOTHING, CaptionBatches, Sentence
from trustai.train.captions.evaluation import cross_entropies
from trustai.train.captions.recipe import CaptionRecipe
from trustai.train.module import TrainingModule
from trustai.zoo import CaptionDecoder

SCHEDULES = ("none", "linear", "inverse-sigmoid")
References = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True)
class CaptionOptions:
    """Settings of the loss.

    Attributes:
        doubly: Weight of the doubly stochastic regulariser, the mean over the places of
            ``(1 - sum_t a_t)^2``: every place is to be looked at in its turn.
        schedule: How the share of the true words that the decoder is given falls over the epochs;
            it is given its own instead. One of `SCHEDULES`.
        least: Where that share ends.
        reinforce: Weight of REINFORCE, for a hard attention.
        entropy: Weight of the entropy of its draws.
    """

    doubly: float = 1.0
    schedule: str = "none"
    least: float = 0.75
    reinforce: float = 1.0
    entropy: float = 0.01

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"expected schedule among {', '.join(SCHEDULES)}, got {self.schedule!r}"
            )
        if not 0 <= self.least <= 1:
            raise ValueError(f"expected least in [0, 1], got {self.least}")

    def share_of_truth(self, done: float) -> float:
        """The share of true words given after the share `done` of the epochs, both in [0, 1].

        Linear ``1 - done (1 - least)``; inverse sigmoid ``k / (k + exp(i / k))`` with k = 5 and i
        from 0 to 4 k, brought to the range from 1 to `least`.
        """
        if self.schedule == "none":
            return 1.0
        if self.schedule == "linear":
            return 1 - done * (1 - self.least)

        def falling(i: float) -> float:
            return 5 / (5 + math.exp(i / 5))

        start, end = falling(0), falling(20)
        return self.least + (1 - self.least) * (falling(20 * done) - end) / (start - end)


class CaptionTraining(TrainingModule):
    """The epoch of the best BLEU-4 on validation is kept, each language weighing as much as it has
    pictures there.

    Args:
        vectors: ``(K, N, L, width)`` of the training pictures, see `augmented_annotations` and
            `CaptionDecoder.standardised`.
        sentences, texts: What is said about them, and what is said about nothing.
        validation: Annotation vectors ``(M, L, D)``.
        references: Per language what is said about each of them.
    """

    network: CaptionDecoder
    monitor = "val_bleu4"

    def __init__(
        self,
        network: CaptionDecoder,
        recipe: CaptionRecipe,
        *,
        vectors: Tensor,
        sentences: Sequence[Sentence],
        texts: Sequence[Sentence],
        validation: Tensor,
        references: References,
        seed: int,
    ) -> None:
        super().__init__(network, average=recipe.average, weight_decay=recipe.weight_decay)
        self.recipe = recipe
        self.options = CaptionOptions(**recipe.options)
        self.seed, self.references = seed, references
        self._vectors, self._sentences, self._texts = vectors, sentences, texts
        self._validation = validation
        self.register_buffer("baseline", torch.zeros(()))  # of REINFORCE

    # -- what is minimised -------------------------------------------------------------------

    def teacher_forced(
        self, vectors: Tensor, words: Tensor, truth: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits ``(B, T, V)``, attention ``(B, T, L)`` and the places drawn ``(B, T)``, given
        the true words, or from place to place the decoder's own where chance has it."""
        state = self.network.begin_standardised(vectors)
        if truth == 1 and not self._hard:
            return *self.network.follow(state, words), torch.empty(0)
        out: list[tuple[Tensor, Tensor, Tensor | None]] = []
        word = words[:, 0]
        for t in range(words.shape[1]):
            if t:
                own = torch.distributions.Categorical(logits=out[-1][0].detach()).sample()
                given = torch.rand(len(words), device=words.device) < truth
                word = torch.where(given, words[:, t], own)
            logits, attention, state = self.network.step(state, word)
            out.append((logits, attention, state.chosen))
        chosen = [c for _, _, c in out if c is not None]
        return (
            torch.stack([logits for logits, _, _ in out], 1),
            torch.stack([attention for _, attention, _ in out], 1),
            torch.stack(chosen, 1) if chosen else torch.empty(0),
        )

    @property
    def _hard(self) -> bool:
        return self.recipe.arguments.get("attention") == "hard"

    def loss(self, vectors: Tensor, words: Tensor, picture: Tensor) -> Tensor:
        """A scalar per word, of batches as those of `CaptionBatches`."""
        options, seen = self.options, picture != NOTHING
        done = self.current_epoch / max(1, self.recipe.epochs - 1)
        logits, attention, chosen = self.teacher_forced(
            vectors, words[:, :-1], options.share_of_truth(min(1.0, done))
        )
        target = words[:, 1:]
        real = target != PAD
        log_p = logits.log_softmax(2)
        surprise = -log_p.gather(2, target[:, :, None])[:, :, 0]
        self.cross_entropy = (surprise.detach() * real).sum() / real.sum()
        if smoothing := self.recipe.label_smoothing:
            surprise = (1 - smoothing) * surprise - smoothing * log_p.mean(2)
        surprise = surprise * real
        loss = surprise.sum() / real.sum()
        attended = (attention * real[:, :, None]).sum(1)
        if seen.any():
            loss = loss + options.doubly * ((1 - attended[seen]) ** 2).mean()
        if self._hard:
            loss = loss + self._reinforced(surprise.detach(), attention, chosen, real)
        return loss

    def _reinforced(
        self, surprise: Tensor, attention: Tensor, chosen: Tensor, real: Tensor
    ) -> Tensor:
        """``-(r - b) log a(chosen) - H(a)``; the reward: how likely the words from here on are."""
        gain = -surprise.flip(1).cumsum(1).flip(1) / real.sum(1, keepdim=True)
        log_a = attention.clamp_min(1e-9).log()
        drawn = log_a.gather(2, chosen[:, :, None])[:, :, 0]
        advantage = gain - self.baseline
        self.baseline.lerp_(gain[real].mean(), 0.1)
        entropy = -(attention * log_a).sum(2)
        per_word = -self.options.reinforce * advantage * drawn - self.options.entropy * entropy
        return per_word[real].mean()

    # -- Lightning ---------------------------------------------------------------------------

    def train_dataloader(self) -> CaptionBatches:
        return CaptionBatches(
            self._vectors,
            self._sentences,
            texts=self._texts,
            n_texts=round(self.recipe.texts * len(self._sentences)),
            batch_size=self.recipe.batch_size,
            together=self.recipe.together,
            seed=self.seed,
            device=self.device,
        )

    def val_dataloader(self) -> DataLoader[Tensor]:
        # One batch, judged as a whole: BLEU is no mean over pictures.
        return DataLoader([self._validation], batch_size=None)  # type: ignore[arg-type]

    def on_train_epoch_start(self) -> None:
        self.trainer.train_dataloader.set_epoch(self.current_epoch)
        # Of its own for every epoch, so that a resumed run draws what the unbroken one would.
        torch.manual_seed(self.seed * 1_000_003 + self.current_epoch)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        loss = self.loss(*batch)
        # The cross entropy alone, as on validation: all that is added differs between recipes.
        self.log("train_loss", self.cross_entropy, on_step=False, on_epoch=True, batch_size=1)
        self.log("train_objective", loss, on_step=False, on_epoch=True, batch_size=1)
        return loss

    def validation_step(self, annotations: Tensor, batch_idx: int) -> None:
        self.average.eval()
        pictures, total = 0, 0.0
        averaged: CaptionDecoder = self.average.module  # type: ignore[assignment]
        decoder = averaged.replica().cpu()
        surprises = cross_entropies(decoder, annotations.cpu(), self.references)
        losses = [loss for some in surprises.values() for of_one in some for loss in of_one]
        self.log("val_loss", sum(losses) / len(losses), batch_size=1)
        for language, texts in self.references.items():
            rows = [i for i, some in enumerate(texts) if some]
            if not rows:
                continue
            found = decode(decoder, annotations[rows].cpu(), language=language)
            bleu = scores.bleu(
                [one[0].words for one in found],
                [[split(t, language=language) for t in texts[i]] for i in rows],
            )
            self.log(f"val_bleu4_{language}", bleu, batch_size=1, prog_bar=True)
            pictures, total = pictures + len(rows), total + bleu * len(rows)
        self.log(self.monitor, total / pictures, batch_size=1)

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(self.parameter_groups(), lr=self.recipe.lr)
        if self.recipe.plateau == 0:
            cosine = torch.optim.lr_scheduler.OneCycleLR(
                optimizer,
                max_lr=self.recipe.lr,
                total_steps=self.recipe.epochs * len(self.train_dataloader()),
                pct_start=0.05,
                cycle_momentum=False,
            )
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": cosine, "interval": "step"},
            }
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, mode="max", factor=0.3, patience=self.recipe.plateau
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "monitor": self.monitor},
        }

    def trained(self) -> CaptionDecoder:
        """The averaged decoder, in eval mode and frozen."""
        decoder: CaptionDecoder = self.average.module  # type: ignore[assignment]
        return decoder.freeze()
