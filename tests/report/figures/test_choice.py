"""Which series a figure shows, and what it calls them."""

from __future__ import annotations

import pytest

from benchmark.errors import UsageError
from benchmark.report.figures.choice import label_of, series_shown

OWN = {"jpeg": "jpeg", "webp (method=0)": "webp", "webp (method=6)": "webp"}


def test_all_are_shown_by_their_display_names() -> None:
    found = {"jpeg": "JPEG", "webp (method=0)": "WebP (method=0)", "webp (method=6)": "WebP (method=6)", "VTM": "VTM"}
    assert series_shown(OWN, ["VTM"]) == found


def test_codecs_and_series_are_chosen_in_order_and_named() -> None:
    shown = series_shown(OWN, ["VTM", "HM"], codecs=["webp", "jpeg"], names={"webp": "Ours", "HM": "H"}, refs=["h"])
    assert list(shown.items()) == [
        ("webp (method=0)", "Ours (method=0)"),
        ("webp (method=6)", "Ours (method=6)"),
        ("jpeg", "JPEG"),
        ("HM", "H"),
    ]
    assert series_shown(OWN, codecs=["webp (method=6)"], names={"webp (method=6)": "Best"}) == {
        "webp (method=6)": "Best"
    }
    assert label_of("jpeg", "jpeg", {}) == "JPEG"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"codecs": ["wepb"]}, "codecs: the results have no 'wepb'; they have jpeg, webp; did you mean webp"),
        ({"refs": ["HEVC"]}, "refs: no published curve begins with 'HEVC'; there are VTM"),
        ({"names": {"vtm": "V"}}, "names: no series 'vtm'; there are jpeg, webp"),
        ({"names": {"jpeg": " "}}, "names: expected a name for 'jpeg', got none"),
    ],
)
def test_what_is_not_there_is_told(how: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        series_shown(OWN, ["VTM"], **how)  # type: ignore[arg-type]


def test_a_published_curve_of_a_codec_that_was_measured_says_so() -> None:
    own = {"jpeg2000": "jpeg2000", "avif": "avif"}
    shown = series_shown(own, ["JPEG 2000", "AVIF", "VTM"], names={"AVIF": "AVIF of 2020"})
    assert list(shown.values()) == ["JPEG 2000", "AVIF", "JPEG 2000 (published)", "AVIF of 2020", "VTM"]
