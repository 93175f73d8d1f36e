"""Backdoors of networks: what was planted, how well it works, and what finds or removes it.

>>> from trustai import data, zoo
>>> signs = data.load("signs", n=40)
>>> clean = zoo.load("signs-resnet18")
>>> accuracy(clean, signs).value
1.0
"""

from trustai.backdoor.evaluation import Share, accuracy, attacked, success
from trustai.backdoor.planted import Planted, planted

__all__ = ["Planted", "Share", "accuracy", "attacked", "planted", "success"]
