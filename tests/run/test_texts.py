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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5..95:0", "the step is 0"),
        ("9..1:1", r"a step of 1 does not lead from 9 to 1: 1\.\.9:1 or 9\.\.1:-1"),
        ("95..5", "a step of 1 does not lead from 95 to 5"),
        ("1..x", "these are no numbers"),
        ("a..b:c", "these are no numbers"),
        ("1..2:nan", "these are no finite numbers"),
        ("0..1e9:1", "these are more than 10,000 values: take a wider step"),
        ("0..1:1e-9", "these are more than 10,000 values"),
        ("0..1e999999:1e-999999", "these are"),
    ],
)
def test_ranges_that_make_no_sense_are_told(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=rf"--set y: .*: expected FIRST\.\.LAST:STEP, such as 5\.\.95:5, but {why}"):
        expanded("--set y", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bpp=-1", "a rate above 0 and up to 10000 bits per pixel"),
        ("payload_bpp~0", "a rate above 0"),
        ("bpp<=1e12", "a rate above 0 and up to 10000 bits per pixel"),
        ("ssim>=1.01", "a value of ssim_rgb from -1 to 1"),
        ("ms_ssim_y~2", "a value of ms_ssim_y from -1 to 1"),
        ("psnr=-3", "a value of psnr_rgb from 0"),
        ("mse<=-1", "a value of mse_rgb from 0"),
    ],
)
def test_targets_that_no_image_can_have_are_told(text: str, expected: str) -> None:
    for mean in (False, True):
        with pytest.raises(UsageError, match=f"no image can have .*: expected {expected}"):
            targets_of(parse_match([text]), mean=mean)


def test_targets_at_the_ends_are_possible() -> None:
    assert len(targets_of(parse_match(["ssim>=1", "psnr=0", "bpp=1e4"]), mean=False)) == 3


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
