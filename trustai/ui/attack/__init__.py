"""The views of the page of attacks."""

from trustai import attacks

MEASURED = {name: attacks.get(name).title for name in ("pgd_linf", "fgsm")}
"""The attacks that every test picture was measured under, with their titles on screen."""
