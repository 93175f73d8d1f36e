"""Self-critical training: a decoder learns from the scores of sentences that it draws itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from trustai.captions.beam import MAX_WORDS, allowed_words, masked_log_softmax
from trustai.data.text import END, PAD, split
from trustai.train.captions.batches import CaptionBatches, Sentence
from trustai.train.captions.module import CaptionTraining, References
from trustai.train.captions.reward import Reward


class SelfCriticalTraining(CaptionTraining):
    """REINFORCE with the other draws as baseline (Rennie et al. 2017,
    https://arxiv.org/abs/1612.00563; Luo 2020, https://arxiv.org/abs/2003.09971).

    Of each picture n sentences ``y_k ~ p(y | x)`` are drawn; with rewards ``r_k`` (`Reward`)::

        loss = - sum_k (r_k - mean_{j != k} r_j) log p(y_k | x)

    per word. Teacher forcing shows a decoder the true words before every word; here it meets its
    own, and whole sentences that score well become likelier, so that greedy search finds them.

    Args:
        learned: Per language what is said about each training picture.
        named: As of `CaptionTraining`; it begins with the weights that the network has.
    """

    def __init__(self, *arguments: Any, learned: References, **named: Any) -> None:
        super().__init__(*arguments, **named)
        languages = self.network.vocabulary.languages
        self.rewards = [
            Reward([[split(text, language=name) for text in some] for some in learned[name]])
            for name in languages
        ]
        allowed = torch.stack([allowed_words(self.network, name) for name in languages])
        self.register_buffer("_allowed", allowed, persistent=False)

    def train_dataloader(self) -> CaptionBatches:
        return CaptionBatches(
            self._vectors,
            one_each(self._sentences),
            batch_size=self.recipe.batch_size,
            seed=self.seed,
            device=self.device,
        )

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], batch_idx: int) -> Tensor:
        n = self.recipe.draws
        vectors, start, picture = (
            one.repeat_interleave(n, 0) for one in (batch[0], batch[1][:, 0], batch[2])
        )
        drawn = self.drawn(vectors, start)
        gains = self._gains(drawn, start, picture).view(-1, n)
        advantage = (gains - gains.mean(1, keepdim=True)) * n / (n - 1)
        given = torch.cat([start[:, None], drawn[:, :-1]], 1)
        logits, _ = self.network.follow(self.network.begin_standardised(vectors), given)
        real = drawn != PAD
        log_p = masked_log_softmax(logits, self._spoken(start)[:, None])
        log_p = log_p.gather(2, drawn.masked_fill(~real, END)[:, :, None])[:, :, 0]
        self.log("train_reward", gains.mean(), on_step=False, on_epoch=True, batch_size=1)
        return -(advantage.view(-1, 1) * log_p * real).sum() / real.sum()

    def _language(self, start: Tensor) -> Tensor:
        """The number of the language that begins with each of these words."""
        vocabulary = self.network.vocabulary
        return start - vocabulary.start(vocabulary.languages[0])

    def _spoken(self, start: Tensor) -> Tensor:
        """``bool (N, V)``: the words of each sentence's language."""
        return self._allowed[self._language(start)]

    def _gains(self, drawn: Tensor, start: Tensor, picture: Tensor) -> Tensor:
        numbers = zip(self._language(start).tolist(), picture.tolist(), strict=True)
        words = map(self.network.vocabulary.decode, drawn.tolist())
        found = [self.rewards[k](said, i) for said, (k, i) in zip(words, numbers, strict=True)]
        return torch.tensor(found, device=drawn.device)

    @torch.no_grad()
    def drawn(self, vectors: Tensor, start: Tensor) -> Tensor:
        """``int64 (N, T)``: sentences drawn word by word without dropout, padded after the end.

        Args:
            vectors: Standardised annotation vectors ``(N, L, width)``.
            start: ``int64 (N,)``, the start word of each sentence's language.
        """
        self.network.eval()
        words: list[Tensor] = []
        allowed, word = self._spoken(start), start
        state, done = self.network.begin_standardised(vectors), torch.zeros_like(start).bool()
        while len(words) < MAX_WORDS and not done.all():
            logits, _, state = self.network.step(state, word)
            shares = masked_log_softmax(logits, allowed).exp()
            word = torch.multinomial(shares, 1)[:, 0].masked_fill(done, PAD)
            words.append(word)
            done |= word == END
        self.network.train()
        return torch.stack(words, 1)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.network.parameters(), lr=self.recipe.lr)


def one_each(sentences: Sequence[Sentence]) -> list[Sentence]:
    """One sentence of every picture in each language: it names the two."""
    return list({(one.picture, one.ids[0]): one for one in sentences}.values())
