"""The views of the page of attacks."""

MEASURED = {"pgd_linf": "PGD (many steps)", "fgsm": "FGSM (one step)"}
"""The attacks that every test picture was measured under, with their names on screen."""
