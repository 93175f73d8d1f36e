"""``python -m trustai.data``: what is present; ``… download cifar10``: fetch the official files."""

from __future__ import annotations

import argparse
import sys

from trustai import data


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m trustai.data", description=__doc__)
    parser.add_argument("action", nargs="?", choices=["list", "download"], default="list")
    parser.add_argument("name", nargs="?", help="data set to download")
    arguments = parser.parse_args()
    if arguments.action == "list":
        for name in data.names():
            print(f"{name:14} {data.dataset(name).source() or 'missing'}")
        return 0
    try:
        download = data.dataset(arguments.name or "").download
        if download is None:
            print(f"{arguments.name} needs no download")
            return 0
        for share in download():
            print(f"\r{share:6.1%}", end="", flush=True)
        print()
    except ValueError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
