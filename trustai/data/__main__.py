"""Command line of the data sets.

``python -m trustai.data``: what is present; ``… download cifar10``: fetch the official files;
``… fit-cohort`` and ``… fit-census``: the statistics of the synthetic tables, from the real ones.
"""

from __future__ import annotations

import argparse
import sys

from trustai import data
from trustai.data.census import adult, synthetic
from trustai.data.census import closeness as census_closeness
from trustai.data.tables import closeness, cohort, diabetes


def main(arguments: list[str]) -> int:
    """Run the command; what a user can cause is one sentence.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m trustai.data", description=__doc__)
    actions = ["list", "download", "fit-cohort", "fit-census"]
    parser.add_argument("action", nargs="?", choices=actions, default="list")
    parser.add_argument("name", nargs="?", help="data set to download")
    args = parser.parse_args(arguments)
    try:
        if args.action == "list":
            show()
        elif args.action == "download":
            download(args.name or "")
        elif args.action == "fit-cohort":
            fit_cohort()
        else:
            fit_census()
    except ValueError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def show() -> None:
    for name in (*data.names(), *data.table_names(), *data.caption_names()):
        print(f"{name:20} {data.entry(name).source() or 'missing'}")


def download(name: str) -> None:
    chosen = data.entry(name)
    if chosen.download is None:
        print(f"{name} needs no download")
        return
    for share in chosen.download():
        print(f"\r{share:6.1%}", end="", flush=True)
    print()


def fit_cohort() -> None:
    """Writes ``cohort.json`` anew and says how close the cohort comes to the real table."""
    real = diabetes.read()
    statistics = cohort.statistics_of(real)
    drawn = cohort.generate(statistics=statistics)
    found = closeness.compare(real, drawn, of_training=cohort.of_training(real))
    cohort.save(statistics, found)
    for name, column in found["columns"].items():
        print(f"{name:26} KS {column['ks']:.3f}   Wasserstein {column['wasserstein']:.3f} sd")
    for method, gap in found["correlation"].items():
        print(f"{method:26} max {gap['max']:.3f} ({' and '.join(gap['pair'])})")
    print(f"rows equal to a real one   {found['rows']['equal']}")
    print(f"written to {cohort.PATH}")


def fit_census() -> None:
    """Writes ``census.json`` anew and says how close the census comes to the real one."""
    real = adult.read()
    statistics = synthetic.statistics_of(data.part(real, "train"))
    found = census_closeness.compare(real, synthetic.generate(statistics=statistics))
    synthetic.save(statistics, found)
    for name in ("columns", "pairs"):
        for kind, gap in found[name].items():
            print(f"{name} {kind:10} mean {gap['mean']:.3f}  max {gap['max']:.3f} {gap['of']}")
    for kind, figures in found["models"].items():
        print(f"boosting on {kind:10} accuracy {figures['accuracy']:.3f}  AUC {figures['auc']:.3f}")
    print(f"written to {synthetic.PATH}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
