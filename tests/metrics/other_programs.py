"""What other programs say of pictures whose samples lost their last four bits, by size and column.

piq 0.8.0 in float64, and psnr_hvsm 0.3.0 for ``psnr_hvs_m_y``; luma was computed in float64.
"""

from __future__ import annotations

import pytest

from benchmark.metric import MetricFamily
from tests.conftest import photo
from tests.metrics.measured import values_of

SAID: dict[tuple[int, int], dict[str, float]] = {
    (173, 200): {
        "vif_y": 0.628914283,
        "gmsd_y": 0.012635770,
        "mdsi": 0.260315076,
        "haarpsi": 0.961857765,
        "haarpsi_y": 0.948332801,
        "fsim": 0.956692448,
        "fsim_y": 0.957626074,
        "iw_ssim_y": 0.983635525,
        "psnr_hvs_m_y": 34.353302099,
    },
    (162, 191): {
        "vif_y": 0.625877463,
        "gmsd_y": 0.011961490,
        "mdsi": 0.259063870,
        "haarpsi": 0.962826165,
        "haarpsi_y": 0.949962598,
        "fsim": 0.956516301,
        "fsim_y": 0.957452768,
        "iw_ssim_y": 0.983910536,
        "psnr_hvs_m_y": 34.484869421,
    },
    (64, 49): {
        "vif_y": 0.581639615,
        "gmsd_y": 0.014211236,
        "mdsi": 0.256490099,
        "haarpsi": 0.959972168,
        "haarpsi_y": 0.945788650,
        "fsim": 0.964876613,
        "fsim_y": 0.966057202,
        "psnr_hvs_m_y": 32.661569553,
    },
}


def check_said(family: MetricFamily, tolerance: float) -> None:
    """Compares all columns of a family with what others say, at each size at which it is defined."""
    compared = 0
    for (height, width), said in SAID.items():
        picture = photo(height, width)
        for column, value in values_of(family, picture, picture // 16 * 16 + 5).items():
            assert value == pytest.approx(said[column], abs=tolerance), (column, height, width)
            compared += 1
    assert compared >= 2
