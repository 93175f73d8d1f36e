"""Parameters of feature visualization, and the three settings that the page offers."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from trustai.explain.image.visualization.parameterisation import PARAMETERISATIONS
from trustai.zoo import checks


@dataclass(frozen=True)
class VisualizationParams:
    """Parameters of feature visualization. The defaults are plain gradient ascent.

    Each step is one of Adam up the gradient of ``score(transform(x))`` and then, of length
    ``learning_rate * total_variation`` times the gradient, one down ``TV(x)``. The penalty stands
    beside Adam, as the weight decay of AdamW does (Loshchilov & Hutter 2019), not inside of it:
    in ``score - weight * TV`` a weight that does next to nothing where logits have reached 100
    already keeps the grey start grey, where networks hardly answer.

    Attributes:
        size: Side of the square picture in pixels, at least 2; None for the size that the network
            was trained on.
        steps: Steps of ascent, at least 1.
        learning_rate: Adam's, greater than 0: about how far one step moves one number of the
            parameterisation. In pixel units for plain pixels; otherwise in standard deviations of
            a typical picture before the sigmoid.
        parameterisation: ``"pixels"`` or ``"fourier"``: what is optimised.
        decorrelate: Whether steps go along decorrelated colours rather than red, green and blue.
        log_probability: Weight of the logarithm of the class's probability, maximised beside its
            logit, at least 0; other objectives do not use it. What one class likes often raises
            the logit of a similar one even more (turn left, roundabout); this term tells the two
            apart, and fades as the probability nears 1.
        total_variation: Weight of the penalty against a step of Adam, at least 0; 0 for none. For
            plain pixels 0.2 takes away the grain and 0.5 leaves broad strokes.
        shift: Largest random shift before every pass, in pixels, each way; what leaves on one
            side enters on the other. 0 for none.
        rotation: Largest random turn before every pass, in degrees in ``[0, 180]``, each way.
        scale: Smallest and largest random factor of size before every pass, in ``[0.1, 10]``.
        blur_every: The picture is blurred after every so many steps; 0 for never.
        blur_sigma: Standard deviation of that Gaussian in pixels, greater than 0.
    """

    size: int | None = None
    steps: int = 128
    learning_rate: float = 0.02
    parameterisation: str = "pixels"
    decorrelate: bool = False
    log_probability: float = 0.0
    total_variation: float = 0.0
    shift: int = 0
    rotation: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    blur_every: int = 0
    blur_sigma: float = 1.0

    def __post_init__(self) -> None:
        checks.typed(self)
        if self.size is not None:
            checks.at_least("size", self.size, 2)
        checks.at_least("steps", self.steps, 1)
        checks.positive("learning_rate", self.learning_rate)
        if self.parameterisation not in PARAMETERISATIONS:
            raise ValueError(
                f"expected parameterisation to be one of {', '.join(PARAMETERISATIONS)}, "
                f"got {self.parameterisation!r}"
            )
        checks.at_least("log_probability", self.log_probability, 0)
        checks.at_least("total_variation", self.total_variation, 0)
        checks.at_least("shift", self.shift, 0)
        if not 0 <= self.rotation <= 180:
            raise ValueError(f"expected rotation in [0, 180] degrees, got {self.rotation:g}")
        low, high = self.scale
        if not 0.1 <= low <= high <= 10:
            raise ValueError(
                f"expected scale as (smallest, largest) factor in [0.1, 10], "
                f"got ({low:g}, {high:g})"
            )
        checks.at_least("blur_every", self.blur_every, 0)
        checks.positive("blur_sigma", self.blur_sigma)


PLAIN = VisualizationParams()
"""Gradient ascent on the pixels and nothing else: a high score, and noise."""

COURSE = dataclasses.replace(PLAIN, steps=192, log_probability=10.0, total_variation=0.3, shift=4)
"""With total variation and a random shift at every pass, as the course asks.

And with the class's probability beside its logit: without (seed 0), `signs-resnet18` gives its
"turn left" a logit of 183 and a probability of 0.0000, and reads it as a roundabout.
"""

GOOD = VisualizationParams(
    steps=192,
    learning_rate=0.05,
    parameterisation="fourier",
    decorrelate=True,
    log_probability=10.0,
    total_variation=0.3,
    shift=8,
    rotation=15.0,
    scale=(0.6, 1.2),
    blur_every=4,
    blur_sigma=0.4,
)
"""After Olah et al. 2017: a spectrum in decorrelated colours under random transformations."""
