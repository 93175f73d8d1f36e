"""Heavy jobs wait in line: as many run at once as there are cores, over all browser sessions."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st


class JobGate:
    """Lets at most `slots` jobs in at once, in the order in which they came.

    Thread-safe. A thread that is already inside enters again at once, so nested jobs never wait
    for themselves.
    """

    def __init__(self, slots: int) -> None:
        if slots < 1:
            raise ValueError(f"expected at least 1 slot, got {slots}")
        self.slots = slots
        self._changed = threading.Condition()
        self._line: deque[object] = deque()
        self._running: set[object] = set()
        self._depth = threading.local()

    def join(self) -> object:
        """A ticket at the end of the line; hand it to `wait` and, in any case, to `leave`."""
        ticket = object()
        with self._changed:
            self._line.append(ticket)
        return ticket

    def wait(self, ticket: object, *, timeout: float) -> bool:
        """True once the ticket may run; False after `timeout` seconds in line."""
        with self._changed:
            admitted = self._changed.wait_for(lambda: self._is_next(ticket), timeout)
            if admitted:
                self._line.remove(ticket)
                self._running.add(ticket)
                self._changed.notify_all()
            return admitted

    def _is_next(self, ticket: object) -> bool:
        return len(self._running) < self.slots and self._line[0] is ticket

    def leave(self, ticket: object) -> None:
        """Gives the slot, or the place in line, to the next. Leaving twice does nothing."""
        with self._changed:
            self._running.discard(ticket)
            if ticket in self._line:
                self._line.remove(ticket)
            self._changed.notify_all()

    def ahead(self, ticket: object) -> int:
        """How many stand before this ticket in line, without those that run already."""
        with self._changed:
            return self._line.index(ticket) if ticket in self._line else 0

    @contextmanager
    def nested(self) -> Iterator[bool]:
        """Yields True if this thread is inside the gate already."""
        depth = getattr(self._depth, "value", 0)
        self._depth.value = depth + 1
        try:
            yield depth > 0
        finally:
            self._depth.value = depth


@st.cache_resource(show_spinner=False)
def the_gate() -> JobGate:
    """The one gate of this server, with a slot per core."""
    return JobGate(os.cpu_count() or 1)


def waiting_text(label: str, ahead: int) -> str:
    """What a person in line reads.

    >>> waiting_text("attacking 256 pictures", 3)
    'Waiting for a free processor before attacking 256 pictures: 3 people are ahead of you.'
    """
    people = {0: "you are next", 1: "1 person is ahead of you"}.get(
        ahead, f"{ahead} people are ahead of you"
    )
    return f"Waiting for a free processor before {label}: {people}."


@contextmanager
def heavy_job(label: str) -> Iterator[None]:
    """Runs the block once there is a free slot and says meanwhile how long the line is.

    Args:
        label: What will be done, in words that follow "before": ``"attacking 256 pictures"``.

    The slot is given back however the block ends: result, exception, or the user pressing stop.

    >>> with heavy_job("attacking 256 pictures"):                          # doctest: +SKIP
    ...     result = trustai.attacks.run("pgd_linf", network, x, y, eps=8 / 255)
    """
    gate = the_gate()
    with gate.nested() as inside:
        if inside:
            yield
            return
        ticket = gate.join()
        try:
            # Checked before any element is drawn: with a free slot nothing moves on the page.
            if not gate.wait(ticket, timeout=0.05):
                _wait_in_line(gate, ticket, label)
            yield
        finally:
            gate.leave(ticket)


def _wait_in_line(gate: JobGate, ticket: object, label: str) -> None:
    notice = st.empty()
    while True:
        # Writing to the page is also what lets Streamlit stop a script that waits.
        notice.info(waiting_text(label, gate.ahead(ticket)), icon=":material/hourglass_top:")
        if gate.wait(ticket, timeout=0.5):
            notice.empty()
            return
