"""SmoothGrad: the gradient, averaged over noisy copies of the picture (Smilkov et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from trustai.explain.image.base import METHODS, Maps, Method, Task
from trustai.explain.image.passes import magnitude
from trustai.zoo import checks


@dataclass(frozen=True)
class SmoothGradParams:
    """Parameters of SmoothGrad.

    Attributes:
        n: Noisy copies, at least 1. The paper finds little gain beyond 50.
        sigma: Standard deviation of the noise as a share of the picture's own range
            ``max x - min x``; the paper recommends 0.1 to 0.2. 0 is the method without noise.
    """

    n: int = 16
    sigma: float = 0.15

    def __post_init__(self) -> None:
        checks.typed(self)
        checks.at_least("n", self.n, 1)
        if not 0 <= self.sigma <= 1:
            raise ValueError(f"expected sigma in [0, 1], got {self.sigma:g}")


class SmoothGrad(Method[SmoothGradParams]):
    """``max_c |1/n sum_i g_c(x + e_i)|``, ``e_i ~ N(0, (sigma (max x - min x))^2)``.

    ``g = d f_t / d x`` is the gradient of the target's logit, ``c`` a colour.
    """

    name = "smoothgrad"
    title = "SmoothGrad"
    paper = "Smilkov et al. 2017, SmoothGrad: removing noise by adding noise"
    url = "https://arxiv.org/abs/1706.03825"
    description = (
        "Averages the gradients of many noisy copies of the picture, so that the noise in the "
        "map cancels out."
    )
    formula = (
        r"\max_c \Big|\frac1n \sum_i \frac{\partial f_t(x + e_i)}{\partial x_c}\Big|,\quad "
        r"e_i \sim \mathcal{N}\big(0, (\sigma (\max x - \min x))^2\big)"
    )
    cost = "moderate"
    params = SmoothGradParams
    shown_at_first = 2

    def attribute(self, task: Task[SmoothGradParams]) -> Maps:
        gradient = task.passes.smooth(
            guided=False, n=task.params.n, sigma=task.params.sigma, on_progress=task.on_progress
        )
        return Maps(magnitude(gradient), pixels=gradient)


METHODS.add(SmoothGrad.name, SmoothGrad(), order=40)
