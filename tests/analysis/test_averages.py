"""How means are taken, in words."""

from __future__ import annotations

import subprocess
import sys

from benchmark.analysis.averages import averages, averaging
from benchmark.plugins import all_metrics


def test_metrics_in_decibels_are_named_where_some_are_measured() -> None:
    metrics = {metric.column: metric for metric in all_metrics()}
    psnr, ssim = metrics["psnr_rgb"], metrics["ssim_rgb"]
    assert averages([ssim]) == "arithmetic mean over images"
    assert averages([ssim, psnr, psnr]) == "arithmetic mean over images; PSNR in dB for each image first"
    assert averaging([ssim]).startswith("arithmetic mean over images; std is")
    assert "psnr_*_pooled is the PSNR of the mean MSE" in averaging([psnr])


def test_nothing_large_is_loaded_to_say_so() -> None:
    code = "import sys; import benchmark.run.finish; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
