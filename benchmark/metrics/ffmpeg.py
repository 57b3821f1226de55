"""Metrics of video by ffmpeg: VMAF, VMAF-NEG, PSNR-HVS, CIEDE2000, CAMBI, XPSNR; one call for all that are asked for.

ffmpeg gets both pictures through a pipe, as two frames of a video, and makes YCbCr of them by itself: BT.601, limited
range, 4:4:4, 8 bit, which is what it makes of an RGB picture that nobody says more about. So the values are those of
``ffmpeg -i distorted.png -i reference.png -lavfi libvmaf``. The weights of XPSNR are those of its first picture, which
has to be the reference. One picture has no motion.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmark.backends.ffmpeg import filter_frames, filters_version
from benchmark.errors import MissingBackend, ProgramError
from benchmark.metric import Channels, Metric, MetricFamily, Promises, Tolerance, Values

_FED = "by ffmpeg, of YCbCr BT.601, limited range, 4:4:4, 8 bit, as ffmpeg converts sRGB"
_SMALLEST = 17
"""Shortest side that libvmaf's VMAF takes; ffmpeg's filter computes it whatever else is asked for."""
_FEATURES = {"psnr_hvs": "psnr_hvs", "psnr_hvs_y": "psnr_hvs", "ciede2000": "ciede", "cambi_y": "cambi"}
"""Features of libvmaf, by the columns that need one."""
_MODELS = {"vmaf_y": "version=vmaf_v0.6.1", "vmaf_neg_y": r"version=vmaf_v0.6.1neg\:name=vmaf_neg"}
_NAMES = {"vmaf_y": "vmaf", "vmaf_neg_y": "vmaf_neg", "cambi_y": "cambi"}
"""What libvmaf calls a column, where it calls it otherwise."""
_SMALLEST_CAMBI = 216
_SMALLEST_XPSNR = 45
"""A square picture below it has less than one of XPSNR's blocks, and ffmpeg computes its plain PSNR."""
_Pictures = list[npt.NDArray[np.uint8]]
_XPSNR = re.compile(r"XPSNR y: (\S+)")

_VMAF = Metric(
    name="vmaf",
    space="y",
    title="VMAF",
    digits=2,
    tolerance=Tolerance(0.05),
    smallest=_SMALLEST,
    lowest=0.0,
    highest=100.0,
    by_default=False,
    groups=("perceptual", "jpeg-ai"),
    definition=f"VMAF, model vmaf_v0.6.1 (Netflix), of one frame, {_FED}; equal pictures have less than 100",
)
_PSNR_HVS = Metric(
    name="psnr_hvs",
    space="colour",
    title="PSNR-HVS",
    unit="dB",
    digits=2,
    tolerance=Tolerance(0.02),
    smallest=_SMALLEST,
    by_default=False,
    groups=("perceptual", "jpeg-ai"),
    promises=Promises(equal=math.inf, symmetric=True),
    definition="PSNR-HVS (Egiazarian et al. 2006) of libvmaf; a mean error of 0.8 Y, 0.1 Cb and 0.1 Cr, or that of Y "
    f"(psnr_hvs_y); infinite where nothing differs; {_FED}",
)


class FfmpegMetrics(MetricFamily):
    """Metrics that filters of ffmpeg compute."""

    name = "ffmpeg"
    order = 30
    metrics: ClassVar[tuple[Metric, ...]] = (
        _VMAF,
        replace(
            _VMAF,
            name="vmaf_neg",
            title="VMAF-NEG",
            groups=("perceptual",),
            definition=f"VMAF that no sharpening raises, model vmaf_v0.6.1neg (Netflix), of one frame, {_FED}; equal "
            "pictures have less than 100",
        ),
        _PSNR_HVS,
        replace(_PSNR_HVS, space="y", shown="figures"),
        Metric(
            name="ciede2000",
            space="colour",
            grey=True,
            title="CIEDE2000",
            digits=2,
            tolerance=Tolerance(0.02),
            smallest=_SMALLEST,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=math.inf, symmetric=True),
            definition=f"45 − 20·log10 of the mean ΔE00, by libvmaf; infinite where nothing differs; {_FED}",
        ),
        Metric(
            name="cambi",
            space="y",
            title="CAMBI",
            higher_is_better=False,
            tolerance=Tolerance(0.02),
            smallest=_SMALLEST_CAMBI,
            lowest=0.0,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(worse=()),
            definition=f"CAMBI (Netflix), the banding of the decoded picture alone, whatever the original has, {_FED}",
        ),
        Metric(
            name="xpsnr",
            space="y",
            title="XPSNR",
            unit="dB",
            digits=2,
            tolerance=Tolerance(0.02),
            smallest=_SMALLEST_XPSNR,
            by_default=False,
            groups=("perceptual",),
            promises=Promises(equal=math.inf),
            definition=f"XPSNR (Helmrich et al. 2020) of one frame, weights of the original; infinite where nothing "
            f"differs; {_FED}",
        ),
    )

    @classmethod
    def version(cls) -> str:
        if sys.platform == "win32":
            raise MissingBackend("ffmpeg's metrics are read from /dev/stdout: use Linux or macOS")
        return filters_version("libvmaf", "xpsnr")

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> tuple[_Pictures, Sequence[Metric]]:
        return _pictures(reference), wanted

    def compare(self, prepared: tuple[_Pictures, Sequence[Metric]], distorted: Channels) -> dict[str, Values]:
        references, wanted = prepared
        columns = [metric.column for metric in wanted]
        graph, outputs = _graph(columns)
        rows = [
            _read(columns, *filter_frames([picture, reference], graph, outputs))
            for picture, reference in zip(_pictures(distorted), references, strict=True)
        ]
        return dict(zip(columns, np.array(rows).T, strict=True))


def _pictures(channels: Channels) -> _Pictures:
    """Pictures as ffmpeg takes them, each (H, W, 3), or (H, W) for grey."""
    samples = channels[:, :3].astype(np.uint8)
    return list(samples[:, 0] if samples.shape[1] == 1 else np.moveaxis(samples, 1, 3))


def _graph(columns: Sequence[str]) -> tuple[str, list[str]]:
    """The filters that compute columns, and the names of their outputs; the distorted picture is the first frame."""
    chains = []
    if libvmaf := [column for column in columns if column != "xpsnr_y"]:
        models = [_MODELS[column] for column in libvmaf if column in _MODELS] or [_MODELS["vmaf_y"]]
        features = dict.fromkeys(f"name={_FEATURES[column]}" for column in libvmaf if column in _FEATURES)
        options = ["log_fmt=json", "log_path=/dev/stdout", "n_threads=0", f"model='{'|'.join(models)}'"]
        options += [f"feature='{'|'.join(features)}'"] if features else []
        chains.append(f"[distorted0][reference0]libvmaf={':'.join(options)}[out0]")
    if "xpsnr_y" in columns:
        place = len(chains)
        chains.append(f"[reference{place}][distorted{place}]xpsnr=stats_file=/dev/stderr[out{place}]")
    count = len(chains)
    distorted, reference = (
        "".join(f"[{which}{place}]" for place in range(count)) for which in ("distorted", "reference")
    )
    frames = [
        "[0:v]scale=in_range=full:out_color_matrix=bt601:out_range=limited,format=yuv444p,split[first][second]",
        f"[first]trim=end_frame=1,setpts=0,split={count}{distorted}",
        f"[second]trim=start_frame=1,setpts=0,split={count}{reference}",
    ]
    return ";".join(frames + chains), [f"out{place}" for place in range(count)]


def _read(columns: Sequence[str], log: str, told: str) -> list[float]:
    """Values of columns, from the log of libvmaf, where infinite ones are null, and from what xpsnr told.

    Raises:
        ProgramError: they are not there.
    """
    try:
        values = dict(json.loads(log)["frames"][0]["metrics"]) if log else {}
        if match := _XPSNR.search(told):
            values["xpsnr_y"] = match[1]
        found = [values[_NAMES.get(column, column)] for column in columns]
        return [math.inf if value is None else float(value) for value in found]
    except (ValueError, LookupError, TypeError) as error:
        raise ProgramError(
            f"ffmpeg: expected values of {', '.join(columns)}, got {log[:200]!r}, {told[:200]!r}"
        ) from error
