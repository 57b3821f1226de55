"""Crops of images and of what codecs made of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from benchmark.errors import UsageError
from benchmark.report.content import Report
from benchmark.report.figures.picture import Picture
from benchmark.run.pixels import digest_pixels
from benchmark.system.pool import Pool
from benchmark.workflows.crops import CROP, Box, parse_box
from benchmark.workflows.pictures import show
from tests.report.examples import shown


def test_pictures_show_images_at_rates_that_codecs_reach(report: Report, pool: Pool, photos: Path) -> None:
    pictures, _ = shown(report, pool, count=2)
    by_image: dict[str, list[Picture]] = {}
    for picture in pictures:
        by_image.setdefault(picture.image, []).append(picture)
    assert len(by_image) == 2
    for image, parts in by_image.items():
        original = np.asarray(Image.open(photos / image))
        assert [picture.target for picture in parts] == sorted({picture.target for picture in parts})
        assert len({(picture.left, picture.top) for picture in parts}) == 1
        for picture in parts:
            crop = original[picture.top : picture.top + CROP, picture.left : picture.left + CROP]
            assert np.array_equal(picture.original, crop)
            assert picture.size == original.shape[:2]
            names = [crop.series for crop in picture.decoded]
            assert names and sorted([*names, *picture.left_out]) == ["jpeg", "webp"]
            for made in picture.decoded:
                assert made.bpp == pytest.approx(picture.target, rel=0.02)
                assert made.pixels.shape == picture.original.shape
                assert {"psnr_rgb", "ms_ssim_rgb"} <= made.figures.keys()
                error = np.mean((made.pixels.astype(float) - picture.original) ** 2)
                assert 0 < error < 3000


def test_whole_images_are_given_away_one_after_the_other(report: Report, pool: Pool, photos: Path) -> None:
    kept: list[Sequence[Picture]] = []
    pictures, _ = shown(report, pool, count=1, wholes=2, factors=(1.0,), keep=kept.append)
    assert len({picture.image for picture in pictures}) == 1
    assert len({picture.image for part in kept for picture in part}) == 2
    for part in kept:
        original = np.asarray(Image.open(photos / part[0].image))
        assert np.array_equal(part[0].original, original)
        assert part[0].decoded[0].pixels.shape == original.shape


def test_of_many_small_images_the_first_ones_are_shown(pool: Pool, photos: Path, report: Report) -> None:
    patches = np.stack(
        [np.asarray(Image.open(photos / "b.png"))[:28, 28 * place : 28 * place + 28] for place in range(9)]
    )
    records = report.results.records.assign(images=9.0, image_sha256=digest_pixels(patches))
    results = replace(report.results, records=records)

    class Patches:
        def items(self) -> list[str]:
            return list(records["image"])

        def load(self, item: str) -> npt.NDArray[np.uint8]:
            return patches

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmark.workflows.pictures.open_dataset", lambda *_: Patches())
        pictures, _ = show(results, report.metrics, pool, rate=float(records["bpp"].iloc[3]), factors=(1.0,))
    assert pictures
    assert pictures[0].original.shape == (57, 144, 3)
    assert np.array_equal(pictures[0].original[:28, 29:57], patches[1])
    assert pictures[0].overview is None


def test_the_crop_lies_where_codecs_differ(report: Report, pool: Pool) -> None:
    pictures, _ = shown(report, pool, count=3)
    flat = next(picture for picture in pictures if picture.image == "a_flat.png")
    assert 192 <= flat.top <= 320 - CROP  # within its corner with stripes
    assert 272 <= flat.left <= 400 - CROP


def test_a_crop_that_is_asked_for_is_shown(report: Report, pool: Pool, photos: Path) -> None:
    pictures, _ = shown(report, pool, boxes=[parse_box("b.png:10,20,64,48")])
    assert {(picture.image, picture.left, picture.top) for picture in pictures} == {("b.png", 10, 20)}
    assert np.array_equal(pictures[0].original, np.asarray(Image.open(photos / "b.png"))[20:68, 10:74])
    with pytest.raises(UsageError, match=r"no image 'x' in the records; known: .*b\.png"):
        shown(report, pool, boxes=[Box("x", 0, 0, 9, 9)])
    with pytest.raises(UsageError, match="reaches beyond the image, which is 256×256"):
        shown(report, pool, boxes=[Box("b.png", 200, 0, 64, 64)])


def test_codecs_that_do_not_reach_a_rate_are_named(report: Report, pool: Pool) -> None:
    pictures, notes = shown(report, pool, boxes=[Box("b.png", 0, 0, 32, 32)], rate=1000.0)
    assert pictures == []
    assert re.fullmatch(r"b\.png of .* is not shown: no codec comes within 2% of a rate", notes[0])
    most = float(report.results.records.query("image == 'b.png' and codec == 'jpeg'")["bpp"].max())
    pictures, notes = shown(report, pool, boxes=[Box("b.png", 0, 0, 32, 32)], rate=most * 1.019, factors=(1.0,))
    assert [crop.series for crop in pictures[0].decoded] == ["jpeg"]
    assert re.fullmatch(r"its (rates here are|nearest rate is) .* bpp", pictures[0].left_out["webp"])
    assert re.fullmatch(r"b\.png of .*: left out where no setting comes within 2% of a rate: webp \(.* bpp\)", notes[0])


def test_other_pixels_than_the_records_are_told(report: Report, pool: Pool) -> None:
    records = report.results.records.copy()
    records.loc[records["codec"] == "webp", "pixels_sha256"] = "0" * 64
    changed = replace(report, results=replace(report.results, records=records))
    _, notes = shown(changed, pool, count=1)
    assert notes[0].startswith("webp decodes to other pixels than the records' on b.png")


def test_what_is_not_at_hand_is_a_note(report: Report, pool: Pool, photos: Path) -> None:
    records = report.results.records.copy()
    records.loc[records["codec"] == "webp", "codec"] = "nosuch"
    pictures, notes = shown(replace(report, results=replace(report.results, records=records)), pool, count=1)
    assert [crop.series for crop in pictures[0].decoded] == ["jpeg"]
    assert notes[0].startswith("nosuch is not shown on")
    assert "unknown codec 'nosuch'" in notes[0]

    elsewhere = replace(report, results=replace(report.results, records=records.assign(dataset="folder:/nowhere")))
    pictures, notes = show(elsewhere.results, report.metrics, pool)
    assert pictures == []
    assert notes[0].startswith("no visual comparison on folder:/nowhere")

    other = report.results.records.assign(image_sha256="0" * 64)
    pictures, notes = shown(replace(report, results=replace(report.results, records=other)), pool, count=1)
    assert pictures == []
    assert "are not those of the records: b.png" in notes[0]
