"""The base class of networks: frozen, shared by all sessions, copied for each call."""

from __future__ import annotations

import copy
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor, nn

from trustai.types import Circumstances
from trustai.zoo.cards import Card

_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


class Network(nn.Module):
    """Base class of `Classifier` (pictures) and `TabularModel` (rows of a table).

    One given out by `trustai.zoo.load` is in eval mode, and none of its parameters requires a
    gradient.

    Attributes:
        card: Its card, or None for one that is not from the zoo.
        stored: How weights of more than one dimension lie in ``models/``: float16, or int8 for the
            large ones, see `trustai.zoo.packing`.
        parts: Names of the modules that lie in ``models/``, where the others are those of a
            published backbone; empty where all of them do.
    """

    card: Card | None = None
    stored: torch.dtype = torch.float16
    parts: tuple[str, ...] = ()

    def stored_weights(self) -> dict[str, Tensor]:
        """The tensors that `models/` holds for it, by name."""
        weights = self.state_dict()
        if not self.parts:
            return dict(weights)
        return {name: w for name, w in weights.items() if name.split(".")[0] in self.parts}

    def circumstances(
        self, *, method: str, parameters: Mapping[str, Any], seed: int, started: float
    ) -> Circumstances:
        """What to state beside a result of this network; without a card it goes by its class name.

        Args:
            started: ``time.perf_counter()`` when the work began.
        """
        return Circumstances(
            model_id=type(self).__name__ if self.card is None else self.card.id,
            weights_sha="" if self.card is None else self.card.weights_sha256,
            method=method,
            parameters=parameters,
            seed=seed,
            seconds=time.perf_counter() - started,
        )

    def freeze(self) -> Self:
        """Eval mode, no parameter requires a gradient: the state in which they are shared."""
        self.eval()
        self.requires_grad_(False)
        return self

    def replica(self) -> Self:
        """A structural copy that shares the parameter storage but no hook, flag or mode.

        Attributions and attacks hook and switch modules; doing so on the shared object gives
        wrong maps in other threads without any error. A replica costs milliseconds and next to no
        memory: its parameters are objects of its own over the same storage, because
        ``requires_grad`` and ``.grad`` live on the object; the few buffers are copied, because
        batch norm in training mode writes to them.
        """
        memo: dict[int, object] = {id(self.card): self.card}
        for p in self.parameters():
            memo[id(p)] = nn.Parameter(p.detach(), requires_grad=p.requires_grad)
        for b in self.buffers():
            memo[id(b)] = b.detach().clone()
        for module in self.modules():
            memo |= {id(getattr(module, name)): OrderedDict() for name in _HOOKS}
        return copy.deepcopy(self, memo)
