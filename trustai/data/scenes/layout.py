"""Layout of a scene: position and size of its signs, as far as captions name them."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from trustai.data.signs.draws import Draws
from trustai.data.signs.pose import Pose, direction, stand

PLACES = ("left", "middle", "right")
KINDS = ("one", "row of 2", "row of 3", "stack", "stack and one")

# In shares of the picture's side. Between small, unremarked and large lies a gap, so that nobody
# has to guess what to call a sign.
WIDTHS = {"small": (0.24, 0.27), "": (0.3, 0.36), "large": (0.41, 0.46)}
THREE = (0.24, 0.28)  # of three in a row
MARGIN = 0.04
GAP = 0.04


@dataclass(frozen=True)
class Spot:
    """One sign of a scene.

    Attributes:
        pose: Where it stands.
        place: One of `PLACES`.
        size: ``"small"`` or ``"large"`` where that can be seen, else an empty string.
        pole: Whether it has a pole of its own; the lower of two on one pole has none.
    """

    pose: Pose
    place: str
    size: str = ""
    pole: bool = True


@dataclass(frozen=True)
class Layout:
    """What stands where: `kind` is one of `KINDS`; `spots` from left to right, upper before lower.

    In a ``"stack and one"`` the stack comes first, on whichever side it is.
    """

    kind: str
    spots: tuple[Spot, ...]


def arrange(dice: Draws) -> Layout:
    """One to three signs: alone, in a row, one above the other, or so with a third beside them.

    None reaches over the picture's edge and none hides another.
    """
    chance = dice.unit()
    if chance < 0.35:
        return _one(dice)
    if chance < 0.65:
        return _row(dice, 2)
    if chance < 0.75:
        return _row(dice, 3)
    if chance < 0.9:
        place = dice.pick(PLACES)
        return Layout("stack", _stack(dice, place, dice.between(0.26, 0.34)))
    return _stack_and_one(dice)


def _one(dice: Draws) -> Layout:
    size, place = dice.pick(("small", "", "large")), dice.pick(PLACES)
    width = dice.between(*WIDTHS[size])
    x, y, turn = _column(dice, place, width), _height(dice, width), direction(dice)
    return Layout("one", (Spot(stand(width=width, x=x, y=y, turn=turn), place, size),))


def _row(dice: Draws, n: int) -> Layout:
    """`n` signs side by side; of two, sometimes a small and a large one."""
    sizes = [""] * n
    if n == 2 and dice.chance(0.4):
        sizes = dice.pick((["small", "large"], ["large", "small"]))
    widths = [dice.between(*(THREE if n == 3 else WIDTHS[size])) for size in sizes]
    # The room that is left goes before, between and after them, in random parts.
    room = 1 - sum(widths) - 2 * MARGIN - (n - 1) * GAP
    parts = [dice.between(0.4, 1.6) for _ in range(n + 1)]
    left, spots = MARGIN, []
    for k, (width, size) in enumerate(zip(widths, sizes, strict=True)):
        left += room * parts[k] / sum(parts)
        y, turn = _height(dice, width), direction(dice)
        place = PLACES[k] if n == 3 else PLACES[2 * k]
        spots.append(Spot(stand(width=width, x=left + width / 2, y=y, turn=turn), place, size))
        left += width + GAP
    return Layout(f"row of {n}", tuple(spots))


def _stack(dice: Draws, place: str, width: float) -> tuple[Spot, Spot]:
    """Two plates of one width on one pole, the upper first."""
    turn = direction(dice)
    # The way down the pole, as the picture shows it.
    length = hypot(turn[0, 1], turn[1, 1])
    across, down = (1.05 * width * turn[k, 1] / length for k in (0, 1))
    top = MARGIN + width / 2
    x, y = _column(dice, place, width), dice.between(top, 1 - top - down)

    def plate(share: float, *, pole: bool) -> Spot:
        here = x + (share - 0.5) * across, y + share * down
        return Spot(stand(width=width, x=here[0], y=here[1], turn=turn), place, pole=pole)

    return plate(0.0, pole=True), plate(1.0, pole=False)


def _stack_and_one(dice: Draws) -> Layout:
    side = dice.pick((0, 2))
    stack = _stack(dice, PLACES[side], dice.between(0.26, 0.3))
    width = dice.between(0.28, 0.36)
    x, y = _column(dice, PLACES[2 - side], width), _height(dice, width)
    single = Spot(stand(width=width, x=x, y=y, turn=direction(dice)), PLACES[2 - side])
    return Layout("stack and one", (*stack, single))


def _column(dice: Draws, place: str, width: float) -> float:
    """The x of a sign's centre that everybody would call left, middle or right."""
    if place == "middle":
        return dice.between(0.46, 0.54)
    x = dice.between(MARGIN + width / 2, 0.3)
    return x if place == "left" else 1 - x


def _height(dice: Draws, width: float) -> float:
    """The y of a sign's centre, rather high than low."""
    top = MARGIN + width / 2
    return dice.between(top, max(0.62, top))
