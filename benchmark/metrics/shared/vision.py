"""torchvision where PyTorch is one for processors alone: PyPI's does not load there by itself."""

from __future__ import annotations

from functools import cache
from typing import Any


def load_torchvision() -> None:
    """Imports torchvision, with two operators declared that its compiled part lacks beside such a PyTorch.

    It refuses to load without them. What metrics need of it is written in Python.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        _operators()


@cache
def _operators() -> Any:
    import torch

    library: Any = vars(torch.library)["Library"]("torchvision", "DEF")  # the declarations last as long as it does
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library
