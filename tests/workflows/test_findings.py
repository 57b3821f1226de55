"""Findings as files."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.workflows.findings import as_text


@dataclasses.dataclass
class Found:
    """What an audit found."""

    name: str
    value: float | str = ""
    problems: tuple[str, ...] = ()


FINDINGS = [Found("a", math.inf, ("late", "wrong")), Found("b")]


def test_rows_of_csv_and_objects_of_json() -> None:
    rows = list(csv.DictReader(as_text(Found, FINDINGS, Path("a.csv")).splitlines()))
    assert rows == [
        {"name": "a", "value": "inf", "problems": "late; wrong"},
        {"name": "b", "value": "", "problems": ""},
    ]
    entries = json.loads(as_text(Found, FINDINGS, Path("a.json")))
    assert entries[0] == {"name": "a", "value": "inf", "problems": ["late", "wrong"]}


def test_nothing_found_has_a_header() -> None:
    assert as_text(Found, [], Path("a.csv")) == "name,value,problems\n"


def test_another_ending_is_told() -> None:
    with pytest.raises(UsageError, match=r"a\.txt: expected a name that ends in \.csv or \.json"):
        as_text(Found, FINDINGS, Path("a.txt"))
