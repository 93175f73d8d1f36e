"""The command ``trustai``: it hands over to the app and to the commands of the package."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from trustai import ROOT

COMMANDS = {
    "train": "trustai.train.__main__",
    "measure": "trustai.train.measure.__main__",
    "data": "trustai.data.__main__",
}


def run_app(arguments: list[str]) -> int:
    """Become ``streamlit run app.py``, in the folder whose settings it reads.

    Args:
        arguments: More for Streamlit, such as ``--server.port 8502``.
    """
    os.chdir(ROOT)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - no shell, and a fixed program


def main(arguments: list[str] | None = None) -> int:
    """Run ``trustai app``, ``trustai train``, ``trustai measure`` or ``trustai data``.

    Args:
        arguments: What follows ``trustai``; None for those of the process.

    Returns:
        The exit status.
    """
    p = argparse.ArgumentParser(prog="trustai", description=__doc__)
    p.add_argument("command", choices=["app", *COMMANDS])
    p.add_argument("arguments", nargs=argparse.REMAINDER, help="of the command; try --help")
    args = p.parse_args(arguments)
    if args.command == "app":
        return run_app(args.arguments)
    module = importlib.import_module(COMMANDS[args.command])
    status: int = module.main(args.arguments)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
