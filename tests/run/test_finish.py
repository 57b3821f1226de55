"""What a run leaves behind besides its rows."""

from __future__ import annotations

import json
from pathlib import Path

from benchmark.record.row import Record
from benchmark.run.finish import outcome_of, write_manifest
from benchmark.run.study import resolve


def row(codec: str, status: str, reason: str = "") -> Record:
    return Record(dataset="d", image="a", codec=codec, settings="{}", status=status, images=1, reason=reason)


def test_an_outcome_counts_rows_and_names_the_first_failure(tmp_path: Path) -> None:
    rows = [
        row("jpeg", "ok"),
        row("jpeg", "skipped", "too small"),
        row("avif", "failed", "first"),
        row("avif", "timeout", "second"),
        row("jpeg", "unreachable"),
    ]
    found = outcome_of(rows, tmp_path, fresh=3, interrupted=True)
    assert found.statuses == {"ok": 1, "skipped": 1, "failed": 1, "timeout": 1, "unreachable": 1}
    assert found.failures == {"avif": (2, "first")}, "what was skipped or cannot be reached has not failed"
    assert (found.reused, found.interrupted, found.folder) == (2, True, tmp_path)


def test_a_manifest_has_what_it_takes_to_run_again(tmp_path: Path) -> None:
    study, _ = resolve(codecs={"jpeg": {"quality": [20]}}, dataset="sample", metrics=["psnr"])
    write_manifest(tmp_path / "manifest.json", study, {"rows": {"ok": 6}})
    content = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert content["study"] == study.to_dict()
    assert content["run"] == {"rows": {"ok": 6}}
    assert content["codecs"]["jpeg"].startswith("Pillow")
    assert {"psnr_rgb", "mse_y"} <= content["metrics"].keys()
    assert content["packages"]["numpy"]
    assert content["environment"]["cores"] >= 1


def test_a_metric_that_an_earlier_run_described_stays_described(tmp_path: Path) -> None:
    study, _ = resolve(codecs={"jpeg": {"quality": [20]}}, dataset="sample", metrics=["psnr"])
    path = tmp_path / "manifest.json"
    write_manifest(path, study, {})
    content = json.loads(path.read_text(encoding="utf-8"))
    theirs = {"stranger_rgb": content["metrics"]["psnr_rgb"] | {"name": "stranger", "space": "rgb"}}
    path.write_text(json.dumps({**content, "metrics": theirs}), encoding="utf-8")
    write_manifest(path, study, {})
    described = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    assert described == theirs | content["metrics"]
