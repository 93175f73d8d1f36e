"""The Python that each defence shows, and how many pictures it takes."""

from __future__ import annotations

from trustai.backdoor import defences
from trustai.ui.backdoor.networks import CLEAN, PLAIN
from trustai.zoo import Card

N_INSPECTED, N_INPUTS, N_REPAIR, N_JUDGED = 800, 100, 200, 200


def python_of(card: Card, name: str) -> str:
    """The lines of Python that give the same result."""
    kind = defences.get(name).kind
    head = f"""
from trustai import data, zoo
from trustai.attacks.backdoor import stamp
from trustai.backdoor import attacked, defences, planted

classifier = zoo.load("{card.id}")
backdoor = planted(zoo.read_card("{PLAIN}"))
"""
    if kind == "training-data":
        learned = (
            "pictures"
            if card.id == CLEAN
            else f"planted(classifier.card).poison(pictures, seed={card.seed}).pictures"
        )
        return f"""{head}
pictures = data.load("signs", split="train", n={N_INSPECTED})
found = defences.inspect_training_data("{name}", classifier, {learned})
print(found.of_label(backdoor.target).figures, int(found.flagged.sum()))
"""
    if kind == "input":
        return f"""{head}
signs = data.load("signs", split="test", n={N_JUDGED})
x = attacked(signs, target=backdoor.target).pixels
marked = stamp(x[:{N_INPUTS}], backdoor.trigger)
found = defences.inspect_inputs("{name}", classifier, marked, clean=x[{N_INPUTS}:])
print(found.scores.tolist())
"""
    clean = f'data.load("signs", split="validation", n={N_REPAIR})'
    if kind == "network":
        return f"""{head}
found = defences.inspect_network("{name}", classifier, {clean}.pixels)
print(found.suspects, found.norms)
"""
    return f"""{head}
found = defences.repair("{name}", classifier, {clean})
print(found.figures)
"""
