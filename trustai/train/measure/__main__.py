"""``python -m trustai.train.measure <model id ...>``: the numbers on a card, measured again.

Without ``--stages`` what a network of its kind has by default is measured; the slow stages only
when they are named. Numbers go onto the card after every stage.
"""

from __future__ import annotations

import argparse
import sys
from typing import get_args

from trustai.train.measure.run import STAGES, measure, stages_for
from trustai.train.measure.stage import MeasuringSettings
from trustai.zoo import Kind


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    each = "\n".join(
        f"stages of a {kind} network: {', '.join(stages_for(kind))}\n"
        f"  by default: {', '.join(stages_for(kind, default=True))}"
        for kind in get_args(Kind)
    )
    p = argparse.ArgumentParser(
        prog="python -m trustai.train.measure",
        description=__doc__,
        epilog=each,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("models", nargs="+", help="model ids")
    p.add_argument("--stages", nargs="+", choices=list(STAGES), metavar="STAGE", help="see below")
    p.add_argument("--n", type=int, help="only so many pictures or rows; nothing is written")
    p.add_argument(
        "--n-autoattack", type=int, default=MeasuringSettings.n_autoattack, help="its pictures"
    )
    p.add_argument(
        "--n-saliency", type=int, default=MeasuringSettings.n_saliency, help="its pictures"
    )
    p.add_argument(
        "--beside", default=MeasuringSettings.beside, help="additive network to compare with"
    )
    p.add_argument(
        "--resume", action="store_true", help="a stage of hours goes on from what it left in runs/"
    )
    return p


def main(arguments: list[str]) -> int:
    """Run the command; what a user can cause is one sentence, and ends it.

    Returns:
        The exit status.
    """
    args = parser().parse_args(arguments)
    settings = MeasuringSettings(
        args.n, args.n_autoattack, args.n_saliency, args.beside, args.resume
    )
    try:
        for model_id in args.models:
            measure(model_id, stages=args.stages, settings=settings)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
