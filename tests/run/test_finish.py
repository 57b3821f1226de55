"""What a run leaves behind besides its rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from benchmark.record.row import SEEN, Record
from benchmark.run.finish import keep_study, others_text, outcome_of, write_manifest
from benchmark.run.study import Study, resolve


def row(codec: str, status: str, reason: str = "", source: str = "s") -> Record:
    return Record(
        dataset="d", image=status, codec=codec, settings="{}", status=status, images=1, reason=reason, source=source
    )


def test_an_outcome_counts_rows_and_names_the_first_failure(tmp_path: Path) -> None:
    rows = [
        row("jpeg", "ok"),
        row("jpeg", "skipped", "too small"),
        row("avif", "failed", "first"),
        row("avif", "timeout", "second"),
        row("jpeg", "unreachable", source=""),
    ]
    again = {"avif: the weights are others": 2}
    found = outcome_of(rows, tmp_path, made=rows[:3], again=again, others="two", interrupted=True)
    assert found.statuses == {"ok": 1, "skipped": 1, "failed": 1, "timeout": 1, "unreachable": 1}
    assert found.failures == {"avif": (2, "first")}, "what was skipped or cannot be reached has not failed"
    assert (found.reused, found.unchecked, found.interrupted, found.folder) == (2, 1, True, tmp_path)
    assert (found.again, found.others) == (again, "two")


def test_images_that_were_trained_on_are_told_with_the_codecs(tmp_path: Path) -> None:
    images = ("a", "a", "b")
    rows = [replace(row(codec, "ok"), image=image, flags=(SEEN,)) for codec in ("rnn", "cvae") for image in images]
    found = outcome_of([*rows, row("jpeg", "ok")], tmp_path, made=rows, again={}, others="", interrupted=False)
    assert found.seen == {"a": ["rnn", "cvae"], "b": ["rnn", "cvae"]}


def test_targets_that_nothing_reaches_are_told_with_what_came_nearest(tmp_path: Path) -> None:
    rows = [replace(row("jpeg", "unreachable", f"nearest: {value}"), target="bpp<=0.1") for value in (0.4, 0.5)]
    found = outcome_of(rows, tmp_path, made=rows, again={}, others="", interrupted=False)
    assert found.unreached == {"jpeg, bpp<=0.1": (2, "unreachable: nearest: 0.4")}
    assert found.nothing == "nothing was measured: all rows are unreachable"


def test_a_run_without_a_figure_says_so(tmp_path: Path) -> None:
    def nothing(*rows: Record, interrupted: bool = False) -> str:
        return outcome_of(rows, tmp_path, made=rows, again={}, others="", interrupted=interrupted).nothing

    skipped = row("jpeg", "skipped", "16 bits")
    assert nothing(skipped) == "nothing was measured: all rows are skipped"
    assert nothing(skipped, row("png", "failed")) == "nothing was measured: all rows are failed or skipped"
    assert nothing() == "nothing was measured: the study has no rows"
    assert nothing(skipped, row("png", "ok")) == ""
    assert nothing(skipped, interrupted=True) == ""


def test_files_of_another_study_are_set_aside_once_each(tmp_path: Path) -> None:
    studies = [resolve(codecs={"png": {"level": [level]}}, metrics=["psnr"])[0] for level in (1, 6, 9)]
    assert keep_study(tmp_path, studies[0]) == ""

    def write(study: Study) -> str:
        kept = keep_study(tmp_path, study)
        (tmp_path / "study.toml").write_text(study.to_toml(), encoding="utf-8")
        (tmp_path / "manifest.json").write_text(study.to_toml(), encoding="utf-8")
        return kept

    both = "study-1.toml, study-2.toml"
    assert [write(study) for study in (*studies, studies[2], studies[0])] == [
        "",
        "study-1.toml",
        both,
        both,
        f"{both}, study-3.toml",
    ]
    for number, study in enumerate(studies, start=1):
        for name in (f"study-{number}.toml", f"manifest-{number}.json"):
            assert (tmp_path / name).read_text(encoding="utf-8") == study.to_toml()
    assert others_text(tmp_path, 1, "").startswith(f"{tmp_path} holds 1 row of another study: they stay")


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
