"""Why rows were made again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmark.record.row import Record
from benchmark.run.reasons import reasons

OLD = Record(
    dataset="d",
    image="a",
    image_sha256="i",
    codec="c",
    settings="{}",
    status="ok",
    images=1,
    bpp=1.0,
    version="1",
    source="s",
    repeats=1,
    threads=1,
    device="cpu",
    metric_definitions={"psnr": "1"},
    metric_sources={"psnr": "x"},
).keyed()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": "2"}, "the version of the codec is another"),
        ({"weights": "w"}, "the weights are others"),
        ({"source": "t"}, "the code of the codec changed"),
        ({"image_sha256": "j"}, "the picture is another"),
        ({"repeats": 5, "threads": 2}, "--repeats is another; --threads is another"),
        ({"device": "gpu"}, "another device computes"),
        ({"metric_definitions": {"psnr": "1", "ssim": "2"}}, "ssim was not measured"),
        ({"metric_definitions": {"psnr": "2"}}, "the definition of psnr is another"),
        ({"metric_sources": {"psnr": "y"}}, "the code of psnr changed"),
        ({"target_over": "set", "knob_value": 3.0}, "the knob for the data set is another"),
        ({"image_sha256": "", "status": "failed", "version": "2"}, "the version of the codec is another"),
    ],
)
def test_each_has_its_words(change: dict[str, Any], reason: str) -> None:
    assert reasons([OLD], [replace(OLD, **change).keyed()], fresh=False) == {f"c: {reason}": 1}


def test_they_are_counted_by_codec_and_a_new_row_has_none() -> None:
    old = [replace(OLD, image=name) for name in "abc"] + [replace(OLD, image="f", status="timeout", codec="e")]
    new = [replace(row, version="2", status="ok") for row in old] + [replace(OLD, image="new")]
    assert reasons(old, new, fresh=False) == {
        "c: the version of the codec is another": 3,
        "e: the status was timeout": 1,
    }
    assert reasons(old, new, fresh=True) == {"c: --fresh makes all rows anew": 3, "e: --fresh makes all rows anew": 1}
    assert reasons([replace(OLD, key="")], [OLD], fresh=False) == {"c: the key of the old row cannot be checked": 1}
