"""English captions of a scene."""

from __future__ import annotations

from trustai.data.scenes.grammar import Grammar, Noun


def _limit(number: str) -> Noun:
    phrases = (f"{number} speed limit sign", f"speed limit {number} sign")
    return Noun(phrases, (number, "speed", "limit"))


ENGLISH = Grammar(
    frames={
        "one": (
            "{a} {at} {where} {when}",
            "{street} {when} with {a} {at}",
            "{at} there is {a} {where} {when}",
        ),
        "row of 2": (
            "{a} on the left and {b} on the right {where} {when}",
            "{street} {when} with {a} on the left and {b} on the right",
            "{a} beside {b} {where} {when}",
        ),
        "row of 3": (
            "{a}, {b} and {c} side by side {where} {when}",
            "{street} {when} with {a}, {b} and {c} side by side",
            "{a} on the left, {b} in the middle and {c} on the right {where} {when}",
        ),
        "stack": (
            "{a} above {b} {at} {where} {when}",
            "{street} {when} with {a} above {b} {at}",
            "{b} below {a} {at} {where} {when}",
        ),
        "stack and one": (
            "{a} above {b} {at} and {c} {beside} {where} {when}",
            "{street} {when} with {a} above {b} {at} and {c} {beside}",
            "{a} and {b} on one pole beside {c} {where} {when}",
        ),
    },
    article=("a {size}{sign}",),
    nouns={
        "stop": Noun(("stop sign",), ("stop",)),
        "yield": Noun(("yield sign", "give way sign"), ("yield", "give", "way")),
        "no entry": Noun(("no entry sign",), ("entry",)),
        "speed limit 30": _limit("30"),
        "speed limit 50": _limit("50"),
        "speed limit 80": _limit("80"),
        "no overtaking": Noun(("no overtaking sign", "no passing sign"), ("overtaking", "passing")),
        # Not "left" and "right", which also name places.
        "turn left": Noun(("turn left sign", "left turn sign"), ("turn",)),
        "turn right": Noun(("turn right sign", "right turn sign"), ("turn",)),
        "straight ahead": Noun(
            ("straight ahead sign", "ahead only sign"), ("straight", "ahead", "only")
        ),
        "roundabout": Noun(("roundabout sign",), ("roundabout",)),
        "pedestrian crossing": Noun(
            ("pedestrian crossing sign", "crosswalk sign"),
            ("pedestrian", "crossing", "crosswalk"),
        ),
        "priority road": Noun(("priority road sign",), ("priority",)),
        "danger": Noun(("danger sign", "warning sign"), ("danger", "warning")),
        "roadworks": Noun(("roadworks sign", "construction sign"), ("roadworks", "construction")),
        "traffic signals": Noun(
            ("traffic lights sign", "traffic signals sign"), ("traffic", "lights", "signals")
        ),
    },
    sizes={"small": ("small",), "large": ("large", "big")},
    places={"left": ("on the left",), "middle": ("in the middle",), "right": ("on the right",)},
    streets={
        "city": ("a city street",),
        "village": ("a village",),
        "country": ("a country road",),
        "street": ("a street",),
    },
    wheres={
        "city": ("on a city street", "in the city"),
        "village": ("in a village",),
        "country": ("on a country road", "in the countryside"),
        "street": ("on a street",),
    },
    lights={
        "night": ("at night",),
        "dusk": ("at dusk", "at sunset"),
        "fog": ("in fog",),
        "sunny": ("on a sunny day",),
        "cloudy": ("on a cloudy day",),
        "backlight": ("against the sun",),
    },
    smooth=(("a ahead", "an ahead"), ("a 80", "an 80")),
)
