"""SSIMULACRA 2, against values of its reference program and against its formulas in float64."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.colour.channels import to_channels
from benchmark.metrics.shared.golden import Golden, digest, golden_values, spoilt
from benchmark.metrics.shared.recursive import recursive_gaussian
from benchmark.metrics.shared.xyb import halve, linear_light, xyb
from benchmark.metrics.ssimulacra2 import WEIGHTS, Ssimulacra2
from benchmark.plugins import open_dataset
from tests.conftest import jpeg_at, photo
from tests.metrics.measured import Pixels

GOLDEN = [golden for golden in golden_values() if golden.column == "ssimulacra2"]


def score(reference: Pixels, distorted: Pixels) -> float:
    return float(scores(reference[np.newaxis], distorted[np.newaxis])[0])


def scores(reference: Pixels, distorted: Pixels) -> npt.NDArray[np.float64]:
    family = Ssimulacra2()
    prepared = family.prepare(to_channels(reference), family.metrics)
    return family.compare(prepared, to_channels(distorted))["ssimulacra2"]


@pytest.mark.slow
@pytest.mark.usefixtures("kodak")
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: f"{golden.item}-{golden.codec}-{golden.quality}")
def test_values_are_those_of_the_reference_program(golden: Golden) -> None:
    original = open_dataset(golden.dataset).load(golden.item)[0]
    distorted = spoilt(original, golden.codec, golden.quality)
    assert (digest(original), digest(distorted)) == (golden.image_sha256, golden.pixels_sha256)
    assert score(original, distorted) == pytest.approx(golden.value, abs=1e-5)


def test_there_are_thirty_values() -> None:
    assert len(GOLDEN) == 30


def published(plane: int, scale: int, norm: int, place: int) -> float:
    """One of the 108 weights."""
    return float(WEIGHTS[6 * plane + scale, 3 * norm + place])


def maps(reference: Pixels, distorted: Pixels) -> dict[tuple[int, int, int, int], float]:
    """Norms of the maps in float64, but for colours and local means: by plane, scale, norm and map."""
    lights = [linear_light(to_channels(image[np.newaxis])) for image in (reference, distorted)]
    found = {}
    for scale in range(6):
        if scale:
            if min(lights[0].shape[2:]) < 8:
                break
            lights = [halve(light) for light in lights]
        for plane, (x, y) in enumerate(zip(*(xyb(light)[:, 0] for light in lights), strict=True)):
            stack = np.stack([x, y, x * x, y * y, x * y])
            mean_x, mean_y, xx, yy, xy = recursive_gaussian(stack).astype(np.float64)
            structure = (2 * (xy - mean_x * mean_y) + 0.0009) / (xx - mean_x**2 + yy - mean_y**2 + 0.0009)
            edges = (1 + abs(y - mean_y)) / (1 + abs(x - mean_x)) - 1
            errors = 1 - (1 - (mean_x - mean_y) ** 2) * structure, edges, -edges
            for place, error in enumerate(np.maximum(error, 0) for error in errors):
                found[plane, scale, 0, place] = float(error.mean())
                found[plane, scale, 1, place] = float((error**4).mean() ** 0.25)
    return found


def rated(norms: dict[tuple[int, int, int, int], float]) -> float:
    """The score of norms, which take the weights one after the other."""
    weights = WEIGHTS.ravel()
    total = 0.9562382616834844 * sum(weights[i] * norms[place] for i, place in enumerate(sorted(norms)))
    polynomial = 2.326765642916932 * total - 0.020884521182843837 * total**2 + 6.248496625763138e-05 * total**3
    return 100 - 10 * max(polynomial, 0) ** 0.6276336467831387


@pytest.mark.parametrize("shape", [(8, 8), (9, 8), (31, 17), (120, 131)])
def test_any_size_follows_the_formulas(shape: tuple[int, int]) -> None:
    reference = photo(*shape)
    distorted = jpeg_at(reference, 20)
    assert score(reference, distorted) == pytest.approx(rated(maps(reference, distorted)), abs=2e-3)


def test_weights_stand_at_their_published_places() -> None:
    assert published(1, 0, 1, 2) == 17.445833984131262
    assert published(1, 2, 0, 0) == 225.20515300849274
    assert published(2, 4, 1, 1) == 171.2667255897307
    assert np.count_nonzero(WEIGHTS) == 52


@pytest.mark.parametrize(
    "image", [photo(40, 33), photo(8, 8), np.full((16, 16, 3), 255, np.uint8), photo(30, 20)[..., 0]]
)
def test_equal_pictures_have_exactly_one_hundred(image: Pixels) -> None:
    assert score(image, image.copy()) == 100


def test_a_grey_picture_is_one_of_equal_channels() -> None:
    grey = photo(40, 48)[..., 0]
    colour = [np.repeat(image[..., np.newaxis], 3, axis=2) for image in (grey, grey // 2)]
    assert score(grey, grey // 2) == score(*colour)


def test_images_of_a_batch_are_compared_one_by_one() -> None:
    reference = np.stack([photo(24, 24), photo(24, 24)[::-1], photo(24, 24)[:, ::-1]])
    distorted = reference // 2 + 30
    single = [score(one, other) for one, other in zip(reference, distorted, strict=True)]
    assert list(scores(reference, distorted)) == single


def test_it_is_defined_on_grey_pictures_and_from_eight_pixels_on() -> None:
    (metric,) = Ssimulacra2.metrics
    assert metric.undefined(8, 8, 1) == metric.undefined(8, 8, 3) == ""
    assert metric.undefined(7, 99, 3) == "ssimulacra2 is undefined below 8 pixels a side"
    assert not metric.by_default
