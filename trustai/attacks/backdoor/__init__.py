"""Backdoors: a mark that is hidden in training pictures and later commands the network.

>>> from trustai import data
>>> signs = data.load("signs", split="test", n=20)
>>> marked = stamp(signs.pixels, Trigger("yellow-square", size=0.2))
>>> marked[0, :, -8, -8].tolist()
[1.0, 0.8500000238418579, 0.0]
>>> poisoned = poison(signs, trigger=Trigger(), share=0.25, target=3)
>>> int(poisoned.marked.sum()), set(poisoned.pictures.labels[poisoned.marked].tolist())
(5, {3})
"""

from trustai.attacks.backdoor.marking import mark, masks_of
from trustai.attacks.backdoor.poisoning import KINDS, Poisoned, attacked_rows, poison
from trustai.attacks.backdoor.triggers import PATTERNS, Pattern, Trigger, mask_of, stamp

__all__ = [
    "KINDS",
    "PATTERNS",
    "Pattern",
    "Poisoned",
    "Trigger",
    "attacked_rows",
    "mark",
    "mask_of",
    "masks_of",
    "poison",
    "stamp",
]
