"""The variant of MS-SSIM at odd sizes, against values of pytorch-msssim."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.colour.channels import to_channels
from benchmark.metrics.ms_ssim_pytorch import PytorchMsSsim
from benchmark.metrics.ssim import MS_SSIM
from tests.conftest import jpeg_at, photo
from tests.metrics.exact import exact
from tests.metrics.measured import Pixels, measure


def pytorch(reference: Pixels, distorted: Pixels) -> dict[str, float]:
    family = PytorchMsSsim()
    prepared = family.prepare(to_channels(reference[np.newaxis]), family.metrics)
    found = family.compare(prepared, to_channels(distorted[np.newaxis]))
    return {column: float(values[0]) for column, values in found.items()}


@pytest.mark.parametrize(
    ("size", "expected"),
    [((161, 161), 0.97845370), ((176, 176), 0.96975457), ((163, 201), 0.97846463), ((192, 166), 0.97179950)],
)
def test_the_variant_equals_pytorch_msssim(size: tuple[int, int], expected: float) -> None:
    """Its ms_ssim of the same pairs, by pytorch-msssim 1.0.0 in float64; its window is rounded to float32."""
    reference = photo(*size)
    distorted = jpeg_at(reference, 50)
    values, ours, formula = (
        pytorch(reference, distorted),
        measure(reference, distorted),
        exact(reference, distorted, zeros=True),
    )
    assert values["ms_ssim_pytorch_rgb"] == pytest.approx(expected, abs=2e-6)
    for space in ("rgb", "y"):
        assert values[f"ms_ssim_pytorch_{space}"] == pytest.approx(formula[f"ms_ssim_{space}"], abs=1e-7)
    same = ours["ms_ssim_rgb"] == values["ms_ssim_pytorch_rgb"]
    assert same == (size == (176, 176))
    assert set(pytorch(reference, reference.copy()).values()) == {1.0}


def test_the_variant_is_computed_where_it_is_named() -> None:
    assert MS_SSIM.by_default
    assert not any(metric.by_default for metric in PytorchMsSsim.metrics)
