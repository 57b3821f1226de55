"""Pictures of one part of an image."""

from __future__ import annotations

from benchmark.report.figures.picture import Picture, by_part
from tests.conftest import photo


def test_pictures_of_one_part_stand_together() -> None:
    pixels = photo(8, 8)
    one, other, elsewhere, again = (
        Picture("set", image, target, top, 0, pixels, [])
        for image, target, top in (("a", 0.5, 0), ("b", 0.5, 0), ("a", 0.5, 8), ("a", 1.0, 0))
    )
    assert by_part([one, other, elsewhere, again]) == [[one, again], [other], [elsewhere]]
