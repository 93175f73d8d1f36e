"""What stands over a tile: how a method's values add up, or that they are earlier ones."""

from __future__ import annotations

from trustai.explain import tabular
from trustai.types import TabularAttribution
from trustai.ui.diabetes.pickers import amount, level
from trustai.ui.kit.errors import plain

Results = dict[str, TabularAttribution | ValueError]


def not_yet(before: TabularAttribution | None, early: bool) -> str:
    """What stands over a tile whose method has not yet answered for these values."""
    if early:
        return "This method is being computed."
    if before is None:
        return "This method has not been computed for these values."
    return "Earlier result, before your last change."


def facts(name: str, one: TabularAttribution, found: Results) -> str:
    """Two short lines: does it add up, and how far can it be trusted."""
    base, total = one.base[0].item(), one.values[0].sum().item()
    gap, said_ = one.facts["additivity_gap"][0].item(), one.predictions[0].item()
    error = "no error" if gap < 1e-3 else f"error {amount(gap, one.output).lstrip('+')}"
    said = (
        f"baseline {level(base, one.output)}, features {amount(total, one.output)}, prediction "
        f"{level(said_, one.output)} ({error})"
    )
    exact = found.get("shapley")
    known = exact if isinstance(exact, TabularAttribution) else None
    return f"{said}  \n{plain(tabular.get(name).remark(one, exact=known))}"
