"""The compiled pass against NumPy's arithmetic, and against float64."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from benchmark.metrics.ms_ssim_pytorch import PytorchMsSsim
from benchmark.metrics.ssim import StructuralSimilarity
from tests.conftest import jpeg_at, photo
from tests.metrics.exact import exact
from tests.metrics.measured import PAIRS, Pixels, batch_values
from tests.needs import needs

needs("numba", extra="numba")

FAMILIES = [StructuralSimilarity, PytorchMsSsim]


def values(reference: Pixels, distorted: Pixels, family: type[Any] = StructuralSimilarity) -> dict[str, float]:
    return {
        name: float(found[0])
        for name, found in batch_values(family(), reference[np.newaxis], distorted[np.newaxis]).items()
    }


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("RDBENCH_COMPILED", "1")
    return monkeypatch


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("reference", "distorted"),
    [
        *PAIRS,
        *(
            pytest.param(photo(*size), jpeg_at(photo(*size), quality), id=f"{size}-{quality}")
            for size in [(161, 203), (176, 300), (512, 768)]
            for quality in (5, 95)
        ),
        pytest.param(photo(170, 166, 1), jpeg_at(photo(170, 166, 1), 30), id="grey"),
    ],
)
def test_values_are_those_of_numpy(
    compiled: pytest.MonkeyPatch, family: type[Any], reference: Pixels, distorted: Pixels
) -> None:
    found = values(reference, distorted, family)
    compiled.setenv("RDBENCH_COMPILED", "0")
    expected = values(reference, distorted, family)
    assert found == pytest.approx(expected, abs=1e-7)


def test_it_computes_all_but_large_differences(compiled: pytest.MonkeyPatch) -> None:
    """By digits beyond those that count; a negative is left to NumPy, in float64."""
    image = photo(176, 192)
    for other, same in ((jpeg_at(image, 30), False), (255 - image, True)):
        compiled.setenv("RDBENCH_COMPILED", "1")
        found = values(image, other)["ssim_rgb"]
        compiled.setenv("RDBENCH_COMPILED", "0")
        assert (found == pytest.approx(values(image, other)["ssim_rgb"], rel=0, abs=1e-13)) is same


@pytest.mark.usefixtures("compiled")
def test_equal_pictures_have_exactly_one() -> None:
    for image in (photo(170, 333), photo(200, 161, 1), np.full((180, 180, 3), 77, np.uint8)):
        assert set(values(image, image.copy()).values()) == {1.0}


@pytest.mark.usefixtures("compiled")
def test_values_are_those_of_float64() -> None:
    image = photo(200, 300)
    assert values(image, jpeg_at(image, 40)) == pytest.approx(exact(image, jpeg_at(image, 40)), abs=1e-6)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("changed", [1, 30, 2000])
def test_high_qualities_keep_their_decibels(changed: int) -> None:
    image = photo(176, 192)
    other = image.copy()
    other.reshape(-1, 3)[np.random.default_rng(changed).integers(0, 176 * 192, changed)] ^= 1
    found, expected = values(image, other), exact(image, other)
    for name in ("ms_ssim_rgb", "ms_ssim_y"):
        decibels = -10 * np.log10(1 - np.array([found[name], expected[name]]))
        assert decibels[0] == pytest.approx(decibels[1], abs=0.01) or decibels[1] > 90


@pytest.mark.usefixtures("compiled")
def test_a_batch_has_the_numbers_of_its_pictures_in_any_company() -> None:
    pictures = np.stack([photo(170, 170, 3, seed) for seed in range(4)])
    others = np.stack([jpeg_at(picture, 10 + 20 * place) for place, picture in enumerate(pictures)])
    together = batch_values(StructuralSimilarity(), pictures, others)
    with ThreadPoolExecutor(4) as threads:
        apart = list(threads.map(values, pictures, others))
    for name, found in together.items():
        assert [one[name] for one in apart] == list(found)
        assert len(set(found)) == 4
