"""Tables as CSV: the same results give the same bytes on any machine."""

from __future__ import annotations

import math

import pandas as pd

from benchmark.record.frames import csv_text


def test_numbers_have_ten_digits() -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "bpp": [0.1 + 0.2, 1 / 3e8], "psnr": [math.inf, math.nan], "n": [12, 7]})
    assert csv_text(frame) == "name,bpp,psnr,n\na,0.3,inf,12\nb,3.333333333e-09,,7\n"


def test_the_last_digits_of_a_sum_make_no_difference() -> None:
    left, right = (0.1 + 0.2) + 0.3, 0.1 + (0.2 + 0.3)
    assert left != right
    assert csv_text(pd.DataFrame({"x": [left]})) == csv_text(pd.DataFrame({"x": [right]}))
