"""trustai: the trustworthy-AI classroom in one Streamlit app."""

import os
from pathlib import Path

__version__ = "0.1.0"

_checkout = Path(__file__).resolve().parents[1]
ROOT = _checkout if (_checkout / "app.py").is_file() else Path(__file__).with_name("_app")
"""The folder of app.py, pages/ and models/: of the repository, or inside the installed package."""

# torch's threads spin while they wait for one another. Where other work takes one of two cores, 30
# gradients of photo-resnet18 then took 32.7 s instead of the 0.6 s of one thread; with so few spins
# 1.4 s, and as little as before (0.4 s) on an idle machine. libgomp reads it when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")
