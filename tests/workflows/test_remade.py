"""Images as codecs make them again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.plugins import codec_class
from benchmark.record.streams import digest_of, keep_streams
from benchmark.run.pixels import digest_pixels
from benchmark.workflows.reach import Asked
from benchmark.workflows.remade import TRIES, Missed, Remade, made_again, remade
from tests.conftest import photo

ROW = {"settings": '{"quality":50}', "bpp": 1.25, "psnr_rgb": 30.0, "image": "x"}


def test_a_row_is_made_again_by_its_settings() -> None:
    batch = photo(64, 64)[np.newaxis]
    (found,) = remade("jpeg", [Asked(ROW, 1.25)], [0], [batch], ["psnr"])
    assert isinstance(found, Remade)
    assert (found.settings, found.bpp, found.figures["psnr_rgb"]) == (ROW["settings"], 1.25, 30.0)
    ((pixels, digest),) = [one for one in made_again("jpeg", [ROW], [batch]) if not isinstance(one, str)]
    assert np.array_equal(pixels, found.pixels)
    assert digest == found.digest == digest_pixels(pixels)


def test_a_search_finds_the_rate_though_another_was_expected() -> None:
    batch = photo(160, 160)[np.newaxis]
    rates = {
        quality: 8 * len(cls.encode(batch[0])) / 160**2
        for quality in range(10, 91)
        if (cls := codec_class("jpeg").from_settings({"quality": quality}))
    }
    told = [1.03 * rate for rate in rates.values()]
    (found,) = remade("jpeg", [Asked(ROW, rates[47], list(rates), told)], [0], [batch], ["psnr"])
    assert isinstance(found, Remade)
    assert found.bpp == pytest.approx(rates[47], rel=0.02)
    error = np.mean((found.pixels.astype(float) - batch) ** 2)
    assert found.figures["psnr_rgb"] == pytest.approx(10 * np.log10(255**2 / error), abs=0.01)


def test_a_search_ends_after_a_few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def rate(codec: object, streams: list[bytes]) -> float:
        tried.append(1)
        return 64 * 64 * (1.0 + 0.2 * (len(tried) % 2))

    monkeypatch.setattr("benchmark.workflows.remade.rate_bits", rate)
    batch = photo(64, 64)[np.newaxis]
    (found,) = remade("jpeg", [Asked(ROW, 1.1, list(range(1, 101)), [1.1] * 100)], [0], [batch], ["psnr"])
    assert isinstance(found, Missed)
    assert found.nearest in (1.0, 1.2)
    assert len(tried) <= TRIES


def test_what_fails_says_why() -> None:
    batch = photo(64, 64)[np.newaxis]
    (found,) = remade("nosuch", [Asked(ROW, 1.0)], [0], [batch], ["psnr"])
    assert "unknown codec 'nosuch'" in str(found)


def test_no_file_that_results_name_is_run_for_a_picture(tmp_path: Path) -> None:
    file = tmp_path / "theirs.toml"
    program = f'["/bin/sh", "-c", "touch {tmp_path}/ran"]'
    file.write_text(f'name = "theirs"\nencode = {program}\ndecode = {program}\nversion = {program}\n')
    (told,) = made_again(str(file), [{"settings": "{}"}], [np.zeros((1, 8, 8), np.uint8)])
    assert isinstance(told, str)
    assert "files that results name are not run" in told
    assert not (tmp_path / "ran").exists()


def test_streams_that_a_run_kept_are_decoded(tmp_path: Path) -> None:
    batch = np.stack([photo(64, 64), photo(64, 64, seed=8)])
    codec = codec_class("jpeg").from_settings({"quality": 10})
    parts = [[codec.encode(image)] for image in batch]
    keep_streams(tmp_path, parts)
    row = {**ROW, "stream_sha256": digest_of(parts)}
    (kept,) = remade("jpeg", [Asked(row, 1.25)], [0], [batch], ["psnr"], [tmp_path / "none", tmp_path])
    assert isinstance(kept, Remade)
    assert np.array_equal(kept.pixels, [codec.decode(stream) for (stream,) in parts]), "of the stream, not the settings"
    next((tmp_path / "streams").rglob(digest_of(parts))).write_bytes(b"damaged")
    (damaged,) = remade("jpeg", [Asked(row, 1.25)], [0], [batch], ["psnr"], [tmp_path])
    assert "streams" in str(damaged)
