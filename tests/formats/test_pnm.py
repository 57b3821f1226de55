"""The Netpbm formats: headers and samples."""

from __future__ import annotations

import numpy as np
import pytest

from benchmark.formats.pnm import about_pnm, is_pnm, pnm_samples
from tests.formats.writers import pam, pnm


def test_comments_and_spaces_stand_anywhere() -> None:
    data = b"P2 # grey\n# more\n 3\t2 #size\n7\n0 1 2 # half\n 3 4 7\n"
    assert is_pnm(data)
    assert about_pnm(data).highest == 7
    assert pnm_samples(data)[..., 0].tolist() == [[0, 1, 2], [3, 4, 7]]


def test_bits_may_stand_without_spaces() -> None:
    assert pnm_samples(b"P1\n3 2\n101\n010")[..., 0].tolist() == [[0, 1, 0], [1, 0, 1]]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"P5\n3 2\n255\n123", "3 of 6 bytes"),
        (b"P2\n3 2\n255\n1 2", "2 of 6 samples"),
        (b"P5\n0 2\n255\n", "claims 0×2"),
        (b"P5\n2 2\n70000\n0000", "up to 70000"),
        (b"P5\nx 2\n255\n", "header is damaged"),
        (b"P2\n1 1\n7\n9", "above 7"),
        (b"P7\nWIDTH 2\n", "no end"),
        (b"P7\nWIDTH 2\nENDHDR\n", "expected WIDTH"),
        (b"P7\nWIDTH 2\nHEIGHT 2\nDEPTH 5\nMAXVAL 255\nENDHDR\n", "of 5 samples"),
        (b"GIF89a", "first bytes"),
    ],
)
def test_damage_is_told(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        pnm_samples(data)


def test_pictures_behind_the_first_are_counted() -> None:
    one = pnm(np.zeros((2, 3, 3), np.uint8), 255)
    assert about_pnm(one).frames == 1
    assert about_pnm(one + one).frames == 2
    assert about_pnm(one + b"\n").frames == 1
    assert about_pnm(pam(np.zeros((2, 3, 4), np.uint8), 255)).alpha
