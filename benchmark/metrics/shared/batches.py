"""MSE, PSNR, SSIM and MS-SSIM of many pictures at once, by PyTorch on a device of one's choice.

The definitions are those of :mod:`benchmark.metrics.psnr` and :mod:`benchmark.metrics.ssim`. All is computed in
``float64``, of differences as there, so that equal pictures have exactly the best values. Luma alone is rounded to
``float32`` where errors are squared: so do those modules, and the errors may be as small as the rounding.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from benchmark.codec import Batch
from benchmark.colour.channels import LUMA
from benchmark.errors import MissingBackend, UsageError
from benchmark.metric import Values
from benchmark.metrics.psnr import Psnr
from benchmark.metrics.shared.window import WINDOW, window
from benchmark.metrics.ssim import C1, C2, MS_SSIM_MINIMUM, SCALE_WEIGHTS, StructuralSimilarity
from benchmark.system.devices import AUTO, parse_device

if TYPE_CHECKING:
    from torch import Tensor

SAMPLES = {"cpu": 1 << 21, "cuda": 1 << 25}
"""Samples, luma included, that are compared at once on a kind of device: each takes 8 bytes, and a dozen arrays of as
many are held meanwhile. A GPU is busy with so many; a processor is faster with as few as its caches hold."""


def compare_batch(reference: Batch, distorted: Batch, *, device: str = AUTO) -> dict[str, Values]:
    """The values of the metrics by default, of pairs of pictures of one size.

    Args:
        reference: original pictures: ``uint8``, (N, H, W, 3) sRGB or (N, H, W) grey, of at least one pixel.
        distorted: decoded pictures of the same shape.
        device: a word of :mod:`benchmark.system.devices`, for PyTorch. Of any number of pictures, only so many lie
            there at once as have :data:`SAMPLES`.

    Returns:
        One value for each pair, ``float64`` of shape (N,), by column: ``psnr_rgb``, ``ms_ssim_y`` and so on. A metric
        that is undefined at this size has none. They are those of a run within 1e-6; MS-SSIM is within 2e-5 where a
        term of its product is near 0, as of black and white.

    Raises:
        UsageError: the arrays are no such pictures, or there is no such device.
        MissingBackend: PyTorch is not installed.
    """
    for name, images in (("reference", reference), ("distorted", distorted)):
        is_image = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
        if images.dtype != np.uint8 or not is_image or not math.prod(images.shape[1:]):
            got = f"{images.dtype} {images.shape}"
            raise UsageError(f"{name}: expected uint8 of shape (N, H, W) or (N, H, W, 3), got {got}")
    if reference.shape != distorted.shape:
        raise UsageError(f"expected pictures of one shape, got {reference.shape} and {distorted.shape}")
    place = torch_device(device)
    import torch

    height, width, channels = (*reference.shape[1:3], 4 if reference.ndim == 4 else 1)
    many = max(1, SAMPLES[place.partition(":")[0]] // (height * width * channels))
    found: dict[str, list[Values]] = {column: [] for column in _columns(height, width)}
    with torch.no_grad():
        for start in range(0, len(reference), many):
            both = (images[start : start + many] for images in (reference, distorted))
            x, y = (torch.from_numpy(np.ascontiguousarray(images)).to(place) for images in both)
            values = _measured(x, y)
            for column, parts in found.items():
                parts.append(values[column].cpu().numpy())
    return {column: np.concatenate([np.empty(0), *parts]) for column, parts in found.items()}


def torch_device(device: str) -> str:
    """The word of PyTorch for a device, which is there.

    Raises:
        UsageError: there is no such device.
        MissingBackend: PyTorch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingBackend("metrics in batches need PyTorch: pip install 'rdbench[torch]'") from error
    kind, _, number = parse_device(device, "device").partition(":")
    count = torch.cuda.device_count()
    if kind == "cpu" or (kind == AUTO and not count):
        return "cpu"
    if int(number or 0) >= count:
        raise UsageError(f"device {device}: PyTorch finds {count or 'no'} GPU{'s' if count > 1 else ''}; take cpu")
    return f"cuda:{int(number or 0)}"


def _columns(height: int, width: int) -> list[str]:
    """Columns that pictures of a size have."""
    metrics = (*Psnr.metrics, *StructuralSimilarity.metrics)
    return [metric.column for metric in metrics if not metric.undefined(height, width, 3)]


def _measured(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Values by column of ``uint8`` pictures; such as are undefined are not computed."""
    squares = (_channels(y, rounded=True) - _channels(x, rounded=True)).double().square().mean((2, 3))
    found = {"mse": squares}
    references = _channels(x)
    if min(references.shape[2:]) >= WINDOW:
        found |= _similarities(references, _channels(y) - references)
    values: dict[str, Tensor] = {}
    for name, of_channels in found.items():
        values |= {f"{name}_rgb": of_channels[:, :3].mean(1), f"{name}_y": of_channels[:, -1]}
    for space in ("rgb", "y"):
        values[f"psnr_{space}"] = 10 * (255.0**2 / values[f"mse_{space}"]).log10()
    return values


def _channels(images: Tensor, *, rounded: bool = False) -> Tensor:
    """R, G, B and luma, or grey alone: (N, 4 or 1, H, W), ``float32`` if rounded, else ``float64``."""
    import torch

    kind = torch.float32 if rounded else torch.float64
    if images.ndim == 3:
        return images[:, None].to(kind)
    colours = images.movedim(3, 1).to(kind)
    red, green, blue = (colours[:, channel] * float(weight) for channel, weight in enumerate(LUMA))
    return torch.cat([colours, (red + green + blue)[:, None]], 1)


def _similarities(x: Tensor, d: Tensor) -> dict[str, Tensor]:
    """SSIM, and MS-SSIM where it is defined, of every channel: (N, C).

    Args:
        x: reference, ``float64`` of shape (N, C, H, W).
        d: what is added to it, likewise.
    """
    import torch

    found: dict[str, Tensor] = {}
    product = torch.ones(1, dtype=x.dtype, device=x.device)
    scales = len(SCALE_WEIGHTS) if min(x.shape[2:]) >= MS_SSIM_MINIMUM else 1
    for scale in range(scales):
        if scale:
            x, d = _halved(x), _halved(d)
        ssim, contrast = _similarity(x, d)
        found.setdefault("ssim", ssim)
        term = ssim if scale == len(SCALE_WEIGHTS) - 1 else contrast
        product = product * term.clamp(min=0) ** SCALE_WEIGHTS[scale]
    return found | ({"ms_ssim": product} if scales > 1 else {})


def _similarity(x: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    """Mean SSIM and mean contrast–structure term of every channel, each (N, C)."""
    mean_x, mean_d = _local_means(x), _local_means(d)
    variance = (_local_means(d * d) - mean_d.square()).clamp_(min=0)
    variance_x = (_local_means(x * x) - mean_x.square()).clamp_(min=0)
    covariance = _local_means(x * d) - mean_x * mean_d
    short = variance / (2 * (variance_x + covariance) + variance + C2)
    apart = mean_d.square() / (mean_x.square() + (mean_x + mean_d).square() + C1)
    return 1 - (apart + short - apart * short).mean((2, 3)), 1 - short.mean((2, 3))


def _local_means(planes: Tensor) -> Tensor:
    """Gaussian-weighted local means over the valid area, as :func:`~benchmark.metrics.shared.window.local_means`.

    Sums of shifted planes take a sixth of the time of PyTorch's convolution on a processor.
    """
    taps, radius = window().tolist(), WINDOW // 2
    for dimension in (2, 3):
        count = planes.shape[dimension] - WINDOW + 1
        shifted = [planes.narrow(dimension, place, count) for place in range(WINDOW)]
        planes = shifted[radius] * taps[radius]
        for place in range(radius):
            planes.add_(shifted[place] + shifted[-1 - place], alpha=taps[place])
    return planes


def _halved(planes: Tensor) -> Tensor:
    """Means of 2×2 blocks; an odd last row or column is repeated."""
    from torch.nn.functional import avg_pool2d, pad

    height, width = planes.shape[2:]
    return avg_pool2d(pad(planes, (0, width % 2, 0, height % 2), mode="replicate"), 2)
