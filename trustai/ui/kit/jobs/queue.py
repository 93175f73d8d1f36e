"""A queue for heavy jobs.

As many run at once as there are processors, over all sessions.

Jobs that run beside each other share the processors: with two threads in each of two jobs on two
processors, threads wait for each other, and a job of a second takes half a minute.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st


class JobQueue:
    """First come, first served: at most `slots` jobs run at once, the others wait.

    Thread-safe. A thread whose job runs may start another one at once, so nested jobs never wait
    for themselves.

    Args:
        slots: At least 1.

    Raises:
        ValueError: no slots.
    """

    def __init__(self, slots: int) -> None:
        if slots < 1:
            raise ValueError(f"expected at least 1 slot, got {slots}")
        self.slots = slots
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._running: set[object] = set()
        self._depth = threading.local()

    def join(self) -> object:
        """A ticket at the end of the queue; hand it to `wait` and, in any case, to `leave`."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
        return ticket

    def wait(self, ticket: object, *, timeout: float) -> bool:
        """True once the ticket may run; False after `timeout` seconds."""
        with self._changed:
            admitted = self._changed.wait_for(lambda: self._is_next(ticket), timeout)
            if admitted:
                self._waiting.remove(ticket)
                self._running.add(ticket)
                self._changed.notify_all()
            return admitted

    def _is_next(self, ticket: object) -> bool:
        return len(self._running) < self.slots and self._waiting[0] is ticket

    def leave(self, ticket: object) -> None:
        """Give the slot, or the place in the queue, to the next. Leaving twice does nothing."""
        with self._changed:
            self._running.discard(ticket)
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            self._changed.notify_all()

    def ahead(self, ticket: object) -> int:
        """How many wait before this ticket, without those that run already."""
        with self._changed:
            return self._waiting.index(ticket) if ticket in self._waiting else 0

    def threads(self) -> int:
        """How many threads a job may have that begins now: its share of the processors."""
        with self._changed:
            return max(1, self.slots // max(1, len(self._running)))

    @contextmanager
    def nested(self) -> Iterator[bool]:
        """Yield True if a job of this thread runs already."""
        depth = getattr(self._depth, "value", 0)
        self._depth.value = depth + 1
        try:
            yield depth > 0
        finally:
            self._depth.value = depth


CGROUPS = Path("/sys/fs/cgroup")


def processors(*, cgroups: Path = CGROUPS) -> int:
    """How many processors this process may really use: of the machine's those that it is bound to,
    and no more than the quota of its container.

    Args:
        cgroups: Where Linux tells of quotas, in version 2 or version 1.
    """
    bound = getattr(os, "sched_getaffinity", None)  # not on every system
    n = len(bound(0)) if bound else os.cpu_count() or 1
    for quota, period in _quotas(cgroups):
        if quota > 0 and period > 0:
            n = min(n, max(1, quota // period))
    return n


def _quotas(cgroups: Path) -> Iterator[tuple[int, int]]:
    """Microseconds of processor time, and of what time; none where nothing is limited."""
    files = [["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]]
    for names in files:
        try:
            words = [word for name in names for word in (cgroups / name).read_text().split()]
            yield int(words[0]), int(words[1])
        except (OSError, ValueError, IndexError):  # no such file, or "max"
            continue


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """The queue of this server, with a slot per processor."""
    return JobQueue(processors())


def waiting_text(label: str, ahead: int) -> str:
    """What a person in the queue reads.

    >>> waiting_text("attacking 256 pictures", 3)
    'Waiting for a free processor before attacking 256 pictures: 3 people are ahead of you.'
    """
    people = {0: "you are next", 1: "1 person is ahead of you"}.get(
        ahead, f"{ahead} people are ahead of you"
    )
    return f"Waiting for a free processor before {label}: {people}."


@contextmanager
def heavy_job(label: str) -> Iterator[None]:
    """Run the block once there is a free slot, and say meanwhile how long the queue is.

    Args:
        label: What will be done, in words that follow "before": ``"attacking 256 pictures"``.

    The slot is given back however the block ends: result, exception, or the user pressing stop.

    >>> with heavy_job("attacking 256 pictures"):                          # doctest: +SKIP
    ...     result = trustai.attacks.run("pgd_linf", network, x, y, eps=8 / 255)
    """
    queue = job_queue()
    with queue.nested() as inside:
        if inside:
            yield
            return
        ticket = queue.join()
        try:
            # Checked before any element is drawn: with a free slot nothing moves on the page.
            if not queue.wait(ticket, timeout=0.05):
                _wait_in_line(queue, ticket, label)
            # Here and not above: torch takes seconds to import, and pages without jobs do not wait.
            from trustai.live.threads import torch_threads

            with torch_threads(queue.threads()):
                yield
        finally:
            queue.leave(ticket)


def _wait_in_line(queue: JobQueue, ticket: object, label: str) -> None:
    notice = st.empty()
    while True:
        # Writing to the page is also what lets Streamlit stop a script that waits.
        notice.info(waiting_text(label, queue.ahead(ticket)), icon=":material/hourglass_top:")
        if queue.wait(ticket, timeout=0.5):
            notice.empty()
            return
