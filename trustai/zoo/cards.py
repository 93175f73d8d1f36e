"""The card beside every checkpoint: what it is, how it was made, what was measured on it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

SCHEMA = 1
PHOTO_SIDE = "photo_side"
"""The metric that says at which side, in pixels, a network knows photographs best."""
REAL_ACCURACY = "real_accuracy"
"""The metric that says how often a network of drawn pictures is right on photographs."""
MSP_THRESHOLD = "msp_threshold"
"""The metric that 95 % of a network's test pictures do not exceed by the OOD score MSP."""


class ReadOnlyDict(dict[str, Any]):
    """A dictionary that cannot be changed: every part of the app shares the same card.

    >>> ReadOnlyDict(n=1)["n"]
    1
    >>> ReadOnlyDict(n=1) | {"n": 2}
    {'n': 2}
    """

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("expected nobody to change a card that others share: copy it first")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[ReadOnlyDict], tuple[dict[str, Any]]]:
        return type(self), (dict(self),)  # else copies and pickles are filled item by item


@dataclass(frozen=True)
class Metric:
    """One measured number.

    Attributes:
        value: The number; accuracies are in ``[0, 1]``.
        how: What it was measured on and with: split, n, attack, eps, steps, seed.
    """

    value: float
    how: Mapping[str, Any]

    def within(self, interval: tuple[float, float] | None) -> Metric:
        """The same number with the ends of its 95 % interval in `how`; without any, itself.

        >>> Metric(0.8, {"n": 10}).within((0.49016, 0.943312))
        Metric(value=0.8, how={'n': 10, 'interval': [0.49016, 0.94331]})
        """
        if interval is None:
            return self
        return Metric(self.value, {**self.how, "interval": [round(end, 5) for end in interval]})


@dataclass(frozen=True)
class Card:
    """Everything known about one file in ``models/``.

    Attributes:
        id: File stem, lower-case letters, digits and hyphens.
        title, summary: For people: a few words, and one or two sentences.
        architecture, arguments: Name in the registry of architectures and its keyword arguments
            (among them ``mean``, ``std`` and ``n_classes``).
        classes: In logit order.
        input_size: Side in pixels of the square pictures it was trained on.
        dataset, split_sha256: What it learned from; the sha of the training pixels and labels.
        without: The class of `dataset` that it never saw, or None; `classes` are the others.
        recipe, configuration, seed, command: How it was trained, and the line that repeats it.
        training: Seconds, device, epochs, number of parameters.
        revision: Git revision of the code that trained it.
        versions: Of Python and the libraries.
        history: Learning curves, one list per column, one entry per epoch.
        metrics: By name.
        confusion: Test counts, rows true, columns predicted, or None.
        weights_sha256: Of the weights file.
        photographs: Whether it names what is in photographs of any size, so that pages open on
            one for it.
        schema: Version of this format.
    """

    id: str
    title: str
    summary: str
    architecture: str
    arguments: Mapping[str, Any]
    classes: tuple[str, ...]
    input_size: int
    dataset: str
    split_sha256: str
    recipe: str
    configuration: Mapping[str, Any]
    seed: int
    command: str
    training: Mapping[str, Any]
    revision: str
    versions: Mapping[str, str]
    history: Mapping[str, list[float | None]] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    confusion: list[list[int]] | None = None
    weights_sha256: str = ""
    without: str | None = None
    photographs: bool = False
    schema: int = SCHEMA

    @property
    def short_title(self) -> str:
        """What tells this network from its siblings: the title after the data set's name."""
        return self.title.split(", ", 1)[-1]

    @property
    def photo_side(self) -> int:
        """Side in pixels at which a photograph of any size is shown to the network.

        Where it was measured the one at which it does best, else that of its training pictures.
        """
        best = self.metrics.get(PHOTO_SIDE)
        return self.input_size if best is None else int(best.value)

    @property
    def code_revision(self) -> str:
        """`revision` in words: git marks a commit with later changes by ``-dirty``."""
        commit = self.revision.removesuffix("-dirty")
        return commit[:12] + (" with later changes" if commit != self.revision else "")

    def as_dict(self) -> dict[str, Any]:
        """Plain Python values for people to download, the revision in words."""
        return dataclasses.asdict(self) | {"revision": self.code_revision}

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Card:
        """Read a card. Its mappings are read-only.

        Raises:
            ValueError: not JSON, another schema, or a field is missing or unknown.
        """
        try:
            raw = json.loads(text, object_hook=ReadOnlyDict)
        except json.JSONDecodeError as error:
            raise ValueError(f"expected a card in JSON, got text that is not: {error}") from None
        if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
            found = raw.get("schema") if isinstance(raw, dict) else type(raw).__name__
            raise ValueError(f"expected a card of schema {SCHEMA}, got {found!r}")
        known = {f.name for f in dataclasses.fields(cls)}
        required = {
            f.name
            for f in dataclasses.fields(cls)
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        }
        wrong = (set(raw) - known) | (required - set(raw))
        if wrong:
            raise ValueError(f"expected the fields of a card, got these wrong: {sorted(wrong)}")
        try:
            metrics = {name: Metric(**m) for name, m in raw.get("metrics", {}).items()}
            raw = raw | {"classes": tuple(raw["classes"]), "metrics": ReadOnlyDict(metrics)}
        except (TypeError, AttributeError) as error:
            raise ValueError(
                f"expected a list of classes, and metrics of value and how, got: {error}"
            ) from None
        return cls(**raw)
