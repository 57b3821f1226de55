"""A comparison as Markdown, JUnit XML and JSON."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pandas as pd
import pytest

from benchmark.analysis.regression.compare import Comparison
from benchmark.report.compare import as_json, as_junit, as_markdown
from tests.analysis.regression.examples import pick, records


def test_junit_has_a_case_for_each_codec_and_data_set(against: Callable[..., Comparison]) -> None:
    frame = pd.concat([records(), records(dataset="clic")], ignore_index=True)

    def dearer(rows: pd.DataFrame) -> None:
        rows.loc[(rows["dataset"] == "clic") & (rows["codec"] == "coarse"), "bpp"] *= 1.5

    root = ET.fromstring(as_junit(against(dearer, frame=frame)))
    assert root.tag == "testsuites"
    suites = {suite.attrib["name"]: suite.attrib for suite in root}
    assert {name: (suite["tests"], suite["failures"]) for name, suite in suites.items()} == {
        "kodak": ("2", "0"),
        "clic": ("2", "1"),
    }
    assert [case.attrib["name"] for case in root.iter("testcase")] == ["fine", "coarse", "fine", "coarse"]


def test_markdown_names_the_worst_first_and_stays_short(against: Callable[..., Comparison]) -> None:
    def dearer(frame: pd.DataFrame) -> None:
        frame["bpp"] *= 1.01
        frame.loc[pick(frame, "image5", "fine", 30), "bpp"] *= 2

    text = as_markdown(against(dearer))
    assert text.startswith("### ❌ worse: 80 rows compared, 80 worse\n")
    table = text.partition("**Worse: 80 values of 80 rows**")[2].splitlines()
    assert table[4].startswith("| kodak | image5 | fine | quality=30 | bpp |")
    assert "and 60 more" in text
    assert text.count("<details>") == text.count("</details>") > 0
    assert len(text) < 65536, "what a comment may have"


@pytest.mark.slow
def test_outputs_are_the_same_bytes_each_time(against: Callable[..., Comparison]) -> None:
    def alter(frame: pd.DataFrame) -> None:
        frame["bpp"] *= 1.01

    few = records(images=2)
    for write in (as_markdown, as_junit, as_json):
        assert write(against(alter, frame=few)) == write(against(alter, frame=few))
