"""``python -m trustai.train <recipe>``; ``--list`` names the recipes."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import sys
import tempfile
from pathlib import Path

from trustai.data.text import LANGUAGES
from trustai.train import RECIPES, Machine, Recipe, train
from trustai.zoo import Card

N_SMOKE = 128  # training pictures or rows: four steps of 32
FIELDS = ("epochs", "width", "batch_size", "lr", "encoder", "stages", "side")
"""Options of the command that are fields of some recipes."""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m trustai.train", description=__doc__)
    p.add_argument("recipe", nargs="?", help="name of a recipe, which is also the model's id")
    p.add_argument("--list", action="store_true", help="name the recipes and stop")
    p.add_argument("--smoke", action="store_true", help="tiny, in seconds, to a temporary folder")
    p.add_argument("--epochs", type=int, help="other than the recipe's")
    p.add_argument("--width", type=int, help="channels of the first stage")
    p.add_argument("--batch-size", type=int, help="pictures or rows a step")
    p.add_argument("--lr", type=float, help="peak learning rate")
    p.add_argument("--from-scratch", action="store_true", help="ignore the recipe's start_from")
    p.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the recipe: eps=4/255; of captions attention=dot, schedule=linear",
    )
    p.add_argument("--encoder", help="of captions: id of the picture network")
    p.add_argument("--stages", type=lambda s: tuple(s.split(",")), help="of captions: its maps")
    p.add_argument("--side", type=int, help="of captions: of the squares it is shown, in pixels")
    p.add_argument("--pictures", type=Path, help="captions of your own: a folder or a zip")
    p.add_argument("--captions", type=Path, help="their CSV (file, caption) or COCO's JSON")
    p.add_argument("--language", choices=LANGUAGES.names(), help="of all captions in the CSV")
    p.add_argument("--name", help="id of the model that comes out; without it the recipe's")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--device", default="auto", choices=["auto", "cpu", "gpu", "cuda", "mps"])
    p.add_argument("--precision", default="auto", help="32-true, 16-mixed, bf16-mixed")
    p.add_argument("--devices", type=int, default=1)
    p.add_argument("--nodes", type=int, default=1)
    p.add_argument("--resume", action="store_true", help="go on from runs/<recipe>/last.ckpt")
    p.add_argument("--runs", type=Path, default=Path("runs"), help="logs and resumable states")
    return p


def option(text: str) -> tuple[str, str | float | int]:
    """``"eps=8/255"`` -> ``("eps", 0.0313…)``; a value that is no number stays a word."""
    name, _, value = text.partition("=")
    above, _, below = value.partition("/")
    try:
        number = float(above) / float(below) if below else float(above)
    except (ValueError, ZeroDivisionError):
        return name, value
    return name, int(number) if number.is_integer() and "." not in value else number


def repeatable(arguments: list[str]) -> list[str]:
    """The arguments that decide what comes out, without those that say where its log lies.

    >>> repeatable(["signs-resnet18", "--runs", "/tmp/runs", "--resume", "--epochs", "4"])
    ['signs-resnet18', '--epochs', '4']
    """
    kept, skip = [], False
    for argument in arguments:
        if argument == "--runs":
            skip = True
        elif skip:
            skip = False
        elif argument != "--resume" and not argument.startswith("--runs="):
            kept.append(argument)
    return kept


def changed(recipe: Recipe, args: argparse.Namespace) -> Recipe:
    """The recipe as the command line wants it.

    Raises:
        ValueError: an option that this recipe has not, or captions that cannot be read.
    """
    if (args.pictures is None) != (args.captions is None):
        raise ValueError("expected --pictures and --captions together, got one of them")
    if args.pictures is not None:
        recipe = recipe.with_own_captions(
            pictures=args.pictures, captions=args.captions, language=args.language
        )
    changes = {name: getattr(args, name) for name in FIELDS if getattr(args, name) is not None}
    if args.encoder and not args.stages:
        changes["stages"] = ()  # those of the recipe are of its own encoder
    if args.from_scratch:
        changes["start_from"] = None
    if args.name and args.name != args.recipe:  # or two of a name would stand in the menus
        changes["title"] = f"{args.name}: {recipe.title}"
    unknown = sorted(set(changes) - {f.name for f in dataclasses.fields(recipe)})
    if unknown:
        raise ValueError(f"expected no {unknown[0]}: {args.recipe} has none")
    if args.set:
        try:
            recipe = recipe.with_settings(dict(option(o) for o in args.set))
        except ValueError as error:
            raise ValueError(f"expected no --set: {args.recipe} {error}") from None
    return dataclasses.replace(recipe.smoke() if args.smoke else recipe, **changes)


def show_list() -> None:
    """Name the recipes."""
    for name, recipe in RECIPES:
        print(f"{name:32} {recipe.title} ({recipe.described()})")


def show_metrics(card: Card) -> None:
    """Of a table there are a hundred: what is measured again and again is left out."""
    for name, metric in card.metrics.items():
        if "/" not in name or name.startswith("roc_auc/") or name.endswith("bleu4"):
            print(f"{card.id}: {name} {metric.value:.4f}")


def main(arguments: list[str]) -> int:
    """Run the command; what a user can cause is one sentence.

    Returns:
        The exit status.
    """
    args = parser().parse_args(arguments)
    if args.list or not args.recipe:
        show_list()
        return 0 if args.list else 2
    try:
        recipe = changed(RECIPES.get(args.recipe), args)
        if args.smoke and "TRUSTAI_MODELS" not in os.environ:
            os.environ["TRUSTAI_MODELS"] = tempfile.mkdtemp(prefix="trustai-smoke-")
        card = train(
            args.name or args.recipe,
            recipe=recipe,
            machine=Machine(args.device, args.precision, args.devices, args.nodes),
            seed=args.seed,
            resume=args.resume,
            n_train=N_SMOKE if args.smoke else None,
            runs=args.runs,
            command="python -m trustai.train " + shlex.join(repeatable(arguments)),
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    show_metrics(card)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
