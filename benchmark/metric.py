"""The metric interface."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Planes = npt.NDArray[np.float32]
"""Images as metrics see them: ``float32`` in 0–255, shape (N, P, H, W): P = 4 for R, G, B and luma, 1 for grey."""

Values = npt.NDArray[np.float64]
"""One value for each image of a batch, shape (N,)."""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def to_planes(images: npt.NDArray[np.uint8]) -> Planes:
    """Splits images into planes and adds luma.

    Luma is Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, full range), not rounded. A grey image is its own luma, and
    its RGB metrics are those of its one plane.

    Args:
        images: ``uint8``, shape (N, H, W) or (N, H, W, 3).

    Returns:
        ``float32`` in 0–255, shape (N, 4, H, W), or (N, 1, H, W) for grey.
    """
    if images.ndim == 3:
        return images[:, None].astype(np.float32)
    count, height, width, _ = images.shape
    planes = np.empty((count, 4, height, width), dtype=np.float32)
    planes[:, :3] = np.moveaxis(images, 3, 1)
    luma = planes[:, 3]
    np.multiply(planes[:, 0], LUMA[0], out=luma)
    luma += LUMA[1] * planes[:, 1]
    luma += LUMA[2] * planes[:, 2]
    return planes


@dataclass(frozen=True)
class Metric:
    """One metric: a row of the table that a family gives. Its columns are ``<name>_rgb`` and ``<name>_y``.

    Attributes:
        name: name on the command line, such as ``psnr``.
        title: axis label for figures.
        unit: ``dB`` or empty.
        definition: formula and source, for ``list metrics`` and reports.
        higher_is_better: direction.
        decibels: whether figures show it as −10·log₁₀(1 − x), which spreads values close to 1.
    """

    name: str
    title: str
    unit: str
    definition: str
    higher_is_better: bool = True
    decibels: bool = False

    @property
    def columns(self) -> tuple[str, str]:
        """Names of its columns in the records: over R, G and B, and over luma."""
        return f"{self.name}_rgb", f"{self.name}_y"


def definition_digest(definition: str) -> str:
    """Eight characters that stand for a metric's definition in records: figures of another are of another metric."""
    return hashlib.sha256(definition.encode()).hexdigest()[:8]


class MetricFamily(ABC):
    """Metrics that share work: a family is one class in a file of ``benchmark/metrics/``.

    Another package adds one through an entry point of the group ``rdbench.metrics``.
    """

    name: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    order: ClassVar[int] = 100
    """Place of its columns in the records."""

    @abstractmethod
    def prepare(self, reference: Planes, wanted: Sequence[str]) -> Any:
        """What depends on the reference alone, computed once for all operating points.

        Args:
            reference: planes of the original images.
            wanted: names of those of the family's metrics that are asked for, and defined at this size.
        """

    @abstractmethod
    def compare(self, prepared: Any, distorted: Planes) -> dict[str, Values]:
        """Value of every wanted column for each image.

        Args:
            prepared: what :meth:`prepare` returned.
            distorted: planes of the decoded images, same shape as the reference.
        """

    def undefined(self, metric: str, height: int, width: int) -> str:
        """Why a metric has no value at this size; empty when it has."""
        return ""
