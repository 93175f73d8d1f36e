"""Our exact Shapley values beside shap's KernelExplainer and shap's Exact, in one process.

    python benchmarks/shap.py
    python benchmarks/shap.py --rows 50 --background 100 --repeats 3 --threads 1

The course's network with random weights explains the probability of 50 patients with the same 100
background rows on all sides, and all sides use the same number of torch threads. shap gets
``model.probability`` as a function of numpy arrays; its progress bars are off. The sides alternate,
and the best time of each counts. shap's Exact compiles itself when it first runs in a process: what
the first runs took stands apart. Prints JSON: seconds of the clock and of the processor, how many
times faster ours is, and the largest difference of the values.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

HERE = Path(__file__).resolve().parent
# Run as a file, from anywhere; and this file, which is called shap too, is not the library.
sys.path[:] = [str(HERE.parent), *(p for p in sys.path if Path(p or ".").resolve() != HERE)]

import shap  # noqa: E402

from benchmarks.machine import machine  # noqa: E402
from trustai import data  # noqa: E402
from trustai.explain import tabular  # noqa: E402
from trustai.types import Table  # noqa: E402
from trustai.zoo.architectures.tabular import TabularMLP, TabularModel, statistics  # noqa: E402

Values = NDArray[np.float64]
Side = Callable[[], Values]


def network(table: Table) -> TabularModel:
    torch.manual_seed(0)
    return TabularMLP(**statistics(table)).freeze()


def sides(model: TabularModel, rows: Tensor, background: Tensor) -> dict[str, Side]:
    rows, background = model.filled(rows), model.filled(background)
    matrix, others = rows.numpy(), background.numpy()

    def answer(x: NDArray[Any]) -> NDArray[Any]:
        return model.probability(torch.from_numpy(x.astype(np.float32))).numpy()

    kernel = shap.KernelExplainer(answer, others)
    exact = shap.explainers.Exact(answer, shap.maskers.Independent(others, max_samples=len(others)))

    def ours() -> Values:
        found = tabular.explain("shapley", model, rows, background=background, output="probability")
        return found.values.numpy()

    return {
        "ours": ours,
        "kernel": lambda: kernel.shap_values(matrix, silent=True),
        "exact": lambda: exact(matrix, silent=True).values,
    }


def timed(side: Side) -> tuple[float, float, Values]:
    clock, processor = time.perf_counter(), time.process_time()
    values = side()
    return time.perf_counter() - clock, time.process_time() - processor, values


def compare(*, rows: int, background: int, repeats: int) -> dict[str, Any]:
    table, test = data.load("diabetes", split="train"), data.load("diabetes", split="test")
    model = network(table)
    chosen = sides(model, test.rows[:rows], table.rows[:background])
    first = {name: timed(side)[0] for name, side in chosen.items()}
    runs = [{name: timed(side) for name, side in chosen.items()} for _ in range(repeats)]
    seconds = {name: min(run[name][0] for run in runs) for name in chosen}
    processor = {name: min(run[name][1] for run in runs) for name in chosen}
    values = {name: run[2] for name, run in runs[0].items()}
    return {
        "table": table.name,
        "rows": rows,
        "background": background,
        "seconds": {name: round(s, 3) for name, s in seconds.items()},
        "processor_seconds": {name: round(s, 3) for name, s in processor.items()},
        "first_run_seconds": {name: round(s, 3) for name, s in first.items()},
        "times_faster_than_kernel": round(seconds["kernel"] / seconds["ours"], 2),
        "times_faster_than_exact": round(seconds["exact"] / seconds["ours"], 2),
        "times_faster_than_exact_first_run": round(first["exact"] / first["ours"], 2),
        "largest_difference_to_exact": float(abs(values["ours"] - values["exact"]).max()),
        "largest_difference_to_kernel": float(abs(values["ours"] - values["kernel"]).max()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--background", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--threads", type=int, help="of torch, for all sides; its own choice if not"
    )
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    result = compare(
        rows=arguments.rows, background=arguments.background, repeats=arguments.repeats
    )
    told = machine() | {"shap": shap.__version__}
    print(json.dumps({"machine": told, **result}, indent=1))


if __name__ == "__main__":
    main()
