"""What is known of the metrics of results: from those that are installed, and from the manifest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmark.analysis.measured import (
    described_metrics,
    folder_of,
    known_metrics,
    manifest_entry,
    read_manifest,
    read_manifests,
)
from benchmark.errors import RecordsError
from benchmark.metric import Metric, Pooled
from tests.conftest import ROOT

INSTALLED = Metric(name="psnr", space="rgb", title="PSNR", definition="as installed", unit="dB")
STRANGER = Metric(name="lpips", space="colour", title="LPIPS", definition="theirs", higher_is_better=False, version="1")


def manifest(*metrics: Metric) -> dict[str, Any]:
    """A manifest after its trip through JSON."""
    return {"metrics": json.loads(json.dumps(manifest_entry(metrics)))}


def test_what_is_described_is_read_back() -> None:
    described = replace(INSTALLED, smallest=11, shown="figures", decibels="similarity", unit="", digits=3)
    pooled = replace(INSTALLED, space="y", pooled=Pooled("mse", peak=1.0), highest=99.0)
    assert described_metrics(manifest(described, pooled, STRANGER)) == [described, pooled, STRANGER]


def test_what_a_later_version_adds_to_a_description_is_passed_over() -> None:
    told = manifest(STRANGER)
    told["metrics"]["lpips"] |= {"colour_space": "linear", "groups": ["of tomorrow"]}
    assert described_metrics(told) == [STRANGER]


@pytest.mark.parametrize(
    "change", [{"space": "hsv"}, {"tolerance": 3}, {"pooled": 3}, {"title": None, "name": "Not A Name"}]
)
def test_a_description_that_makes_no_sense_is_told(change: dict[str, Any], tmp_path: Path) -> None:
    told = manifest(STRANGER)
    told["metrics"]["lpips"] |= change
    (tmp_path / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(RecordsError, match=r"/manifest\.json: metrics: lpips: expected the description of a metric"):
        read_manifest(tmp_path)


def test_an_installed_metric_is_taken_while_its_definition_is_that_of_the_results() -> None:
    titled = replace(INSTALLED, title="Peak SNR")
    assert known_metrics([titled], [manifest(INSTALLED)]) == [titled]
    measured = replace(INSTALLED, definition="as measured")
    assert known_metrics([titled], [manifest(measured)]) == [measured]
    assert known_metrics([titled], [{}]) == [titled]


def test_one_that_is_not_installed_follows_as_the_results_describe_it() -> None:
    other = replace(STRANGER, title="other")
    assert known_metrics([INSTALLED], [manifest(STRANGER), manifest(other)]) == [INSTALLED, STRANGER]


def test_a_manifest_of_schema_1_has_definitions_alone() -> None:
    told = {"metrics": {"psnr": "as measured", "lpips": "theirs"}}
    assert described_metrics(told) == []
    assert known_metrics([INSTALLED], [told]) == [replace(INSTALLED, definition="as measured")]


def test_the_manifest_of_a_run_lies_beside_its_files(tmp_path: Path) -> None:
    kodak = ROOT / "results" / "baseline" / "kodak"
    assert read_manifest(kodak) == read_manifest(kodak / "records.csv") == read_manifest(kodak / "summary.csv") != {}
    assert read_manifest(kodak / "others.csv") == {}
    assert read_manifest(tmp_path) == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"metrics": []}'])
def test_a_torn_manifest_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(RecordsError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_manifests_are_known_by_their_folders(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "manifest.json").write_text(json.dumps({"run": {}}), encoding="utf-8")
    found, notes = read_manifests([tmp_path / "one" / "records.csv", tmp_path / "two"])
    assert found == {folder_of(tmp_path / "one"): {"run": {}}}
    told = "no manifest.json, so commands and environment of its run are not known"
    assert notes == [f"{folder_of(tmp_path / 'two')}: {told}"]
