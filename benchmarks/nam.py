"""Our additive network beside ``nam_pytorch.NAM.forward``, on the same weights, in one process.

    python benchmarks/nam.py
    python benchmarks/nam.py --rows 512 --repeats 5 --threads 2

``nam_pytorch`` computes one row and one feature at a time, we all of them in one batched pass. The
two sides alternate and the best time of each counts, with gradients recorded, as the module is
called by itself, and without. One thread by default: theirs cannot use more, ours becomes faster by
as many as are idle. Prints JSON: the largest difference of the probabilities, for its own shape and
for the shipped shape with each kind of unit (the subclass run through the parent's `forward`);
seconds, and how many times faster ours is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nam_pytorch
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, from anywhere

from benchmarks.machine import machine
from trustai.zoo.architectures.nam import BatchedNAM

FEATURES = 8
OURS = 10  # runs of ours beside each of theirs, which takes longer than all of them


def timed(call: Callable[[], Tensor]) -> tuple[float, Tensor]:
    started = time.perf_counter()
    found = call()
    return time.perf_counter() - started, found


def compare(
    theirs: nam_pytorch.NAM, ours: BatchedNAM, x: Tensor, *, gradients: bool, repeats: int
) -> dict[str, Any]:
    """Seconds and the largest difference of the two forward passes."""
    runs = []
    with torch.set_grad_enabled(gradients):
        for _ in range(repeats):
            # The first of each is cold; ours is short, so that a busy machine hits it harder.
            mine = min((timed(lambda: ours(x)) for _ in range(OURS)), key=lambda run: run[0])
            runs.append((mine, timed(lambda: nam_pytorch.NAM.forward(theirs, x))))
    mine_s, theirs_s = (min(run[i][0] for run in runs) for i in (0, 1))
    return {
        "gradients": gradients,
        "our_seconds": round(mine_s, 5),
        "nam_pytorch_seconds": round(theirs_s, 4),
        "times_faster": round(theirs_s / mine_s, 1),
        "largest_difference": max(float((m[1] - t[1]).detach().abs().max()) for m, t in runs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    x = torch.randn(arguments.rows, FEATURES)
    theirs, ours = nam_pytorch.NAM(FEATURES), BatchedNAM(FEATURES)
    ours.load_state_dict(theirs.state_dict())
    runs = [
        {"network": "nam_pytorch's own shape", "rows": arguments.rows}
        | compare(theirs, ours, x, gradients=gradients, repeats=arguments.repeats)
        for gradients in (True, False)
    ]
    for units in ("relu", "exu"):
        small = BatchedNAM(FEATURES, hidden=(32, 16), units=units)
        runs.append(
            {"network": f"32-16, {units}", "rows": arguments.rows}
            | compare(small, small, x, gradients=False, repeats=1)
        )
    print(json.dumps({"machine": machine(), "runs": runs}, indent=1))


if __name__ == "__main__":
    main()
