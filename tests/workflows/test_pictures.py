"""Crops of images and of what codecs made of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmark.errors import UsageError
from benchmark.report.content import Report
from benchmark.system.pool import Pool
from benchmark.workflows.pictures import CROP, Box, made_again, parse_box, show
from tests.report.examples import shown


def test_pictures_show_what_the_records_measured(report: Report, pool: Pool, photos: Path) -> None:
    pictures, notes = shown(report, pool, count=2)
    assert notes == []
    assert len(pictures) == 2
    spreads = []
    for picture in pictures:
        original = np.asarray(Image.open(photos / picture.image))
        crop = original[picture.top : picture.top + CROP, picture.left : picture.left + CROP]
        assert np.array_equal(picture.original, crop)
        assert [crop.series for crop in picture.decoded] == ["jpeg", "webp"]
        for made in picture.decoded:
            assert made.bpp == pytest.approx(picture.target, rel=0.1)
            assert made.pixels.shape == picture.original.shape
            error = np.mean((made.pixels.astype(float) - picture.original) ** 2)
            assert 0 < error < 3000
        spreads.append(np.std([crop.figures["psnr_rgb"] for crop in picture.decoded]))
    assert spreads == sorted(spreads, reverse=True)


def test_the_crop_lies_where_codecs_differ(report: Report, pool: Pool) -> None:
    pictures, _ = shown(report, pool, count=3)
    flat = next(picture for picture in pictures if picture.image == "a_flat.png")
    assert 192 <= flat.top <= 320 - CROP  # within its corner with stripes
    assert 272 <= flat.left <= 400 - CROP


def test_a_crop_that_is_asked_for_is_shown(report: Report, pool: Pool, photos: Path) -> None:
    pictures, _ = shown(report, pool, boxes=[parse_box("b.png:10,20,64,48")])
    assert [(picture.image, picture.left, picture.top) for picture in pictures] == [("b.png", 10, 20)]
    assert np.array_equal(pictures[0].original, np.asarray(Image.open(photos / "b.png"))[20:68, 10:74])
    with pytest.raises(UsageError, match=r"no image 'x' in the records; known: .*b\.png"):
        shown(report, pool, boxes=[Box("x", 0, 0, 9, 9)])
    with pytest.raises(UsageError, match="reaches beyond the image, which is 256×256"):
        shown(report, pool, boxes=[Box("b.png", 200, 0, 64, 64)])
    for text in ("b.png", "b.png:1,2,3", "b.png:0,0,0,5", ":1,2,3,4"):
        with pytest.raises(UsageError, match="expected IMAGE:X,Y,W,H"):
            parse_box(text)


def test_rates_off_the_target_are_told(report: Report, pool: Pool) -> None:
    pictures, notes = shown(report, pool, boxes=[Box("b.png", 0, 0, 32, 32)], rate=1000.0)
    assert pictures[0].target == 1000
    assert re.fullmatch(
        r"b\.png of .*: no operating point within 10% of 1000\.00 bits per pixel, the nearest is shown: "
        r"jpeg \(.*\), webp \(.*\)",
        notes[0],
    )


def test_other_pixels_than_the_records_are_told(report: Report, pool: Pool) -> None:
    records = report.results.records.copy()
    records.loc[records["codec"] == "webp", "pixels_sha256"] = "0" * 64
    changed = replace(report, results=replace(report.results, records=records))
    _, notes = shown(changed, pool, count=1)
    assert len(notes) == 1
    assert notes[0].startswith("webp decodes to other pixels than the records' on b.png")


def test_what_is_not_at_hand_is_a_note(report: Report, pool: Pool, photos: Path) -> None:
    records = report.results.records.copy()
    records.loc[records["codec"] == "webp", "codec"] = "nosuch"
    pictures, notes = shown(replace(report, results=replace(report.results, records=records)), pool, count=1)
    assert [crop.series for crop in pictures[0].decoded] == ["jpeg"]
    assert notes[0].startswith("nosuch is not shown on")
    assert "unknown codec 'nosuch'" in notes[0]

    elsewhere = replace(report, results=replace(report.results, records=records.assign(dataset="folder:/nowhere")))
    pictures, notes = show(elsewhere.results, "psnr_rgb", pool)
    assert pictures == []
    assert notes[0].startswith("no visual comparison on folder:/nowhere")

    other = report.results.records.assign(image_sha256="0" * 64)
    pictures, notes = shown(replace(report, results=replace(report.results, records=other)), pool, count=1)
    assert pictures == []
    assert "are not those of the records: b.png" in notes[0]


def test_no_file_that_results_name_is_run_for_a_picture(tmp_path: Path) -> None:
    file = tmp_path / "theirs.toml"
    program = f'["/bin/sh", "-c", "touch {tmp_path}/ran"]'
    file.write_text(f'name = "theirs"\nencode = {program}\ndecode = {program}\nversion = {program}\n')
    (told,) = made_again(str(file), [{"settings": "{}"}], [np.zeros((8, 8), np.uint8)])
    assert isinstance(told, str)
    assert "files that results name are not run" in told
    assert not (tmp_path / "ran").exists()
