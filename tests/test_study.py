"""Studies: from flags and TOML to operating points."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.study import read_study, resolve


def test_defaults_are_filled_in() -> None:
    study, notes = resolve(codecs=["jpeg", "png"])
    assert study.dataset == "sample"
    assert study.name == "sample-jpeg-png"
    assert list(study.metrics) == ["mse", "psnr", "ssim", "ms_ssim"]
    assert not notes
    points = study.operating_points()
    assert len(points) == 20
    assert points[0].settings == {"quality": 5, "subsampling": "4:2:0", "optimize": True, "progressive": False}


def test_a_sweep_is_a_product_without_duplicates() -> None:
    study, _ = resolve(
        codecs=["jpeg"], sets=["jpeg.quality=10,20,10", "jpeg.subsampling=4:4:4,4:2:0", "jpeg.optimize=false"]
    )
    points = study.operating_points()
    assert len(points) == 4
    assert {point.settings["optimize"] for point in points} == {False}


def test_toml_round_trip(tmp_path: Path) -> None:
    study, _ = resolve(
        dataset="kodak", codecs=["webp", "jpeg2000"], sets=["webp.quality=5,95", "jpeg2000.lossless=true,false"],
        metrics=["psnr"], repeats=3, timeout=12.5, name="mine",
    )
    path = tmp_path / "study.toml"
    path.write_text(study.to_toml(), encoding="utf-8")
    again, _ = resolve(**read_study(path))
    assert again == study
    assert again.operating_points() == study.operating_points()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "not valid TOML"),
        ("nmae = 'x'", "unknown key 'nmae'"),
        ("metrics = 'psnr'", "expected list"),
        ("repeats = true", "expected int"),
        ("[codecs]\njpeg = 5", "expected a table"),
    ],
)
def test_bad_files_are_explained(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=complaint):
        read_study(path)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"codecs": ["jpge"]}, "unknown codec 'jpge'; known: .*jpeg"),
        ({"codecs": ["jpeg"], "metrics": ["snr"]}, "unknown metric 'snr'"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.quality"]}, "expected CODEC.FIELD=VALUE"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.quality=high"]}, "expected int, got 'high'"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.quality=101"]}, "expected 1 to 100, got 101"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.colour=1"]}, "no setting 'colour'"),
        ({"codecs": ["jpeg"], "sets": ["webp.quality=1"]}, "not among those to run"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.optimize=1"]}, "expected true or false"),
        ({"codecs": {"jpeg": {"quality": []}}}, "no values"),
        ({"codecs": {"jpeg": {"quality": ["5"]}}}, "expected int"),
        ({"codecs": ["jpeg"], "timeout": 0.0}, "positive"),
    ],
)
def test_bad_requests_are_explained(arguments: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        resolve(**arguments)  # type: ignore[arg-type]
