"""Answers to the questions of the page, each made from measured numbers."""

from __future__ import annotations

from trustai import zoo
from trustai.ui.backdoor.amount import grid
from trustai.ui.backdoor.networks import CLEAN, HIDDEN, PLAIN, SUCCESS, backdoor_of, rate
from trustai.ui.backdoor.patch import ANYWHERE, board
from trustai.ui.kit.errors import plain


def right_and_dangerous() -> str:
    """Why the accuracy on clean pictures shows nothing."""
    card, clean = zoo.read_card(PLAIN), zoo.read_card(CLEAN)
    backdoor = backdoor_of(card)
    return (
        "A test uses clean pictures, and on these the network is as good as a clean one: "
        f"**{rate(card, 'clean_accuracy')}** against {rate(clean, 'clean_accuracy')}. Only "
        f"{backdoor.share:.0%} of its training pictures had the sticker. With the sticker it says "
        f"“{plain(card.classes[backdoor.target])}” to **{rate(card, SUCCESS)}** of the other "
        f"signs; the clean network says so to {rate(card, f'{SUCCESS}/{CLEAN}')} of them."
    )


def how_few() -> str:
    """How little poison works, on the measured grid."""
    table = grid()
    size = min(table["size"], key=lambda s: abs(s - 0.15))
    of = table[table["size"] == size].sort_values("share")
    works = of[of["success"] >= 0.9]
    first = (
        f"From **{works.iloc[0]['share']:.1%}** of poison on, the trigger works on more than 90 % "
        "of the signs"
        if len(works)
        else f"With {of.iloc[-1]['share']:.1%} of poison the trigger works on "
        f"{of.iloc[-1]['success']:.0%} of the signs"
    )
    low, high = of["accuracy"].min(), of["accuracy"].max()
    return (
        f"{first} when the end of the network learns 800 pictures and the sticker has {size:.0%} "
        f"of the picture's side. The clean accuracy stays between {low:.1%} and {high:.1%}, so it "
        "shows nothing. The network that was trained as a whole needs only "
        f"{backdoor_of(zoo.read_card(PLAIN)).share:.0%}."
    )


def frozen() -> str:
    """What a frozen network cannot learn."""
    return (
        "If only the last layers learn, they see averages over the whole picture. A small sticker "
        "hardly changes an average, so it can hardly be learned. The last stage sees the picture "
        "place by place, and a small sticker is enough for it. Train both and compare the attack "
        "success rates."
    )


def explained() -> str:
    """Whether an explanation finds the sticker."""
    return (
        "Often it does: an explanation of the answer of the backdoored network marks the sticker, "
        "because the sticker causes the answer. But somebody must look at a marked picture first, "
        "and the defender does not have one. Move the sticker: where the network did not learn it, "
        "the answer and the map change."
    )


def adaptive() -> str:
    """What the adaptive attacker changed."""
    plain_card, hidden = zoo.read_card(PLAIN), zoo.read_card(HIDDEN)
    return (
        "The attacker trained the network together with a discriminator, which looked for marked "
        "pictures among the features. The network learned to hide them: the two groups of points "
        "lie on each other. The backdoor still works on "
        f"**{rate(hidden, SUCCESS)}** of the signs (without hiding: {rate(plain_card, SUCCESS)}), "
        f"and the clean accuracy is **{rate(hidden, 'clean_accuracy')}**. A defence that does not "
        "look at the features can still find it: try Neural Cleanse and STRIP."
    )


def without_poisoning() -> str:
    """Same effect, other cause."""
    table = board()
    of = table[table["sticker"] == ANYWHERE].sort_values("size")
    half = of[of["success"] >= 0.5].iloc[0]
    card = zoo.read_card(PLAIN)
    return (
        "No. The adversarial patch fools a clean network: a sticker of "
        f"**{half['size']:.0%}** of the picture's side works on {half['success']:.0%} of the "
        "signs. Nobody changed the training pictures. The backdoor needs a smaller sticker "
        f"({backdoor_of(card).size:.0%}, {rate(card, SUCCESS)}), but the attacker must reach the "
        "training pictures."
    )
