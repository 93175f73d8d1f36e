"""What the commands that go through models have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable


def for_each(model_ids: Iterable[str], work: Callable[[str], None]) -> int:
    """Do `work` for one model after the other; the exit status of the command.

    What a user can cause is one sentence, and ends it.
    """
    try:
        for model_id in model_ids:
            work(model_id)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
