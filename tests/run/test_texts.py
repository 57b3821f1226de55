"""What texts of a command line mean: targets and ranges."""

from __future__ import annotations

import pytest

from benchmark.errors import UsageError
from benchmark.run.matching import Target
from benchmark.run.study import resolve
from benchmark.run.texts import expanded, parse_match, targets_of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("5,10", ["5", "10"]),
        ("5..20:5", ["5", "10", "15", "20"]),
        ("5..19:5,90", ["5", "10", "15", "90"]),
        ("1..3", ["1", "2", "3"]),
        ("0.1..0.3:0.1", ["0.1", "0.2", "0.3"]),
        ("30..10:-10", ["30", "20", "10"]),
        ("4:2:0,a.b", ["4:2:0", "a.b"]),
    ],
)
def test_ranges_have_both_ends(text: str, values: list[str]) -> None:
    assert expanded("x", text) == values


@pytest.mark.parametrize("text", ["5..95:0", "9..1:1", "1..x", "1..2:nan", "0..1e9:1", "a..b:c"])
def test_ranges_that_make_no_sense_are_told(text: str) -> None:
    with pytest.raises(UsageError, match=r"--set y: .*: expected FIRST\.\.LAST:STEP"):
        expanded("--set y", text)


def test_a_range_sweeps_a_setting() -> None:
    study, _ = resolve(codecs=["jpeg"], sets=["jpeg.quality=5..95:30"])
    assert [point.settings["quality"] for point in study.operating_points()] == [5, 35, 65, 95]


def test_signs_say_on_which_side_of_a_limit_a_value_has_to_be() -> None:
    match = parse_match(["ssim>=0.98,0.9", "bpp<=2", "bpp=3", "psnr~30"])
    assert targets_of(match, mean=False) == [
        Target("ssim_rgb", 0.98, ">="),
        Target("ssim_rgb", 0.9, ">="),
        Target("bpp", 2),
        Target("bpp", 3),
        Target("psnr_rgb", 30, "~"),
    ]
    for text in ("bpp", "=2", "bpp=", "bpp>2", "bpp=two"):
        with pytest.raises(UsageError, match=f"--match {text}: expected COLUMN=VALUE"):
            parse_match([text])
