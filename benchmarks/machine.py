"""What a timing was taken on: machines differ by ten times, so it stands beside every ratio."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import torch


def machine() -> dict[str, Any]:
    """Processor, what of it torch uses, threads and version."""
    return {
        "processor": _model() or platform.processor() or platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def _model() -> str:
    """The model's name where the system tells it in /proc."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((ln.partition(":")[2].strip() for ln in lines if ln.startswith("model name")), "")
