"""Heavy jobs: the queue that they wait in, and the bar of one that runs, with its stop."""

from trustai.ui.kit.jobs.countdown import Countdown, Stopped, duration, seconds_left
from trustai.ui.kit.jobs.queue import JobQueue, heavy_job, job_queue, processors, waiting_text

__all__ = [
    "Countdown",
    "JobQueue",
    "Stopped",
    "duration",
    "heavy_job",
    "job_queue",
    "processors",
    "seconds_left",
    "waiting_text",
]
