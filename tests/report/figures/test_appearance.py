"""How codecs look: apart from each other in colour and in grey, seen on both pages, the same everywhere."""

from __future__ import annotations

import itertools

import pytest

from benchmark.plugins import codec_names
from benchmark.report.figures.appearance import (
    COLOURS,
    DARK_PAGE,
    DASHES,
    LOOKS,
    MARKERS,
    PAPER,
    codec_of,
    contrast,
    display_name,
    is_seen,
    looks_of,
)


def test_every_codec_that_comes_along_has_a_look() -> None:
    assert set(LOOKS) == set(codec_names())


def test_all_looks_differ_in_a_grey_print() -> None:
    assert len({(look.marker, look.dash) for look in LOOKS.values()}) == len(LOOKS)
    assert {look.marker for look in LOOKS.values()} <= set(MARKERS)
    assert {look.dash for look in LOOKS.values()} <= set(DASHES)


def test_every_colour_stands_out_from_paper_and_from_a_dark_page() -> None:
    assert all(map(is_seen, {*COLOURS, *(look.colour for look in LOOKS.values())}))
    assert contrast("#000000", PAPER) == pytest.approx(21)
    assert contrast("#767676", PAPER) == pytest.approx(4.54, abs=0.01)  # a grey that the guidelines name
    assert not is_seen(PAPER) and not is_seen(DARK_PAGE)


def test_a_codec_keeps_its_look_whatever_stands_beside_it() -> None:
    alone = looks_of(["vvc"], ["vvc"])["vvc"]
    assert looks_of(["jpeg", "vvc", "mine"], ["jpeg", "vvc", "mine"])["vvc"] == alone
    mine = looks_of(["mine"], ["mine"])["mine"]
    assert looks_of(["webp", "vvc", "mine"], ["webp", "vvc", "mine"])["mine"].colour == mine.colour


def test_an_unknown_codec_has_no_colour_of_a_codec_beside_it() -> None:
    for known in ("jpeg", "webp", "jxl"):
        for number in range(40):
            series = [known, f"mine{number}", "yours"]
            looks = looks_of(series, series)
            assert len({look.colour for look in looks.values()}) == 3
    variants = ["mine", "mine (depth=1)", "mine (depth=2)"]
    looks = looks_of(variants, ["mine"] * 3)
    assert looks["mine"] == looks_of(["mine"], ["mine"])["mine"], "its variants do not count"


def test_variants_of_a_codec_and_unknown_codecs_differ_from_all_others() -> None:
    variants = ["jpeg", *(f"jpeg (subsampling={number})" for number in range(12))]
    strangers = [f"codec{number}" for number in range(12)]
    series = [*variants, *strangers]
    looks = looks_of(series, ["jpeg"] * len(variants) + strangers)
    assert list(looks) == series
    for one, other in itertools.combinations(looks.values(), 2):
        assert (one.marker, one.dash) != (other.marker, other.dash)
    assert all(is_seen(look.colour) for look in looks.values())
    assert len({looks[name].colour for name in variants}) >= 3, "variants are lighter and darker"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("VTM 12.1, 4:4:4", "vvc"),
        ("HM", "hevc"),
        ("JPEG 2000 (OpenJPEG)", "jpeg2000"),
        ("jpeg", "jpeg"),
        ("bpg_444_x265", "bpg"),
        ("AV1", "av1"),
        ("Cheng2020", ""),
        ("", ""),
    ],
)
def test_published_curves_look_like_their_codecs(label: str, codec: str) -> None:
    assert codec_of(label) == codec


def test_names_are_those_that_readers_know() -> None:
    assert display_name("jpeg (subsampling=4:2:0)", "jpeg") == "JPEG (subsampling=4:2:0)"
    assert display_name("mine (depth=3)", "mine") == "mine (depth=3)"
