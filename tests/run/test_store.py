"""The records file: appended, resumed, put in order, never torn."""

from __future__ import annotations

import csv
import errno
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import OutputError, RecordsError
from benchmark.plugins import metric_columns
from benchmark.record.reading import TORN
from benchmark.record.row import COLUMNS, UNUSABLE, Record, columns
from benchmark.run import store as run_store
from benchmark.run.store import RecordStore
from benchmark.system.names import unprintable
from tests.conftest import Run
from tests.needs import needs


def record(image: str, status: str = "ok", **more: Any) -> Record:
    told: dict[str, Any] = {"settings": "{}", "images": 1, "bytes": 10, "bpp": 0.5, **more}
    return Record(dataset="d", image=image, codec="c", status=status, **told).keyed()


def rows_of(path: Path) -> list[Record]:
    store = RecordStore(path)
    return store.rows


def test_rows_are_on_disk_as_soon_as_they_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "new" / "records.csv"
    written = record(
        "a",
        bytes=12,
        bpp=0.3,
        reason='says "no", twice',
        flags=("above-ceiling", "undefined-metric"),
        metric_definitions={"psnr": "01234567"},
        metrics={"psnr_rgb": float("inf")},
        target_limit=None,
    )
    store = RecordStore(path)
    store.append([written])
    assert path.read_text(encoding="utf-8").count("\n") == 2
    assert rows_of(path) == [written]
    assert path.read_text(encoding="utf-8").splitlines()[0].split(",") == columns(metric_columns())


@pytest.mark.parametrize("earlier", [[], [record("a")]])
def test_a_file_that_somebody_removed_is_written_again(tmp_path: Path, earlier: list[Record]) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append(earlier)
    path.unlink()
    store.append([record("b")])
    assert rows_of(path) == [*earlier, record("b")]


def test_a_row_is_a_line_whatever_its_texts_hold(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record("a", reason="one\ntwo\r\udce9", version="=1+1")])
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    (row,) = rows_of(path)
    assert (row.reason, row.version) == ("one%0Atwo%0D%E9", "%3D1+1")


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record("a"), record("b")])
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    store = RecordStore(path)
    assert [row.image for row in store.rows] == ["a"]
    assert [text.partition("line 3: ")[2] for text in store.problems] == [TORN]
    store.append([record("b")])
    assert path.read_bytes() == whole


def test_order_of_the_plan_and_last_attempt_wins(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record("b", "failed"), record("stranger"), record("a"), record("b")])
    store.arrange([record("a").identity, record("b").identity])
    store.append([record("late")])
    assert [(row.image, row.status) for row in rows_of(path)] == [
        ("a", "ok"),
        ("b", "ok"),
        ("stranger", "ok"),
        ("late", "ok"),
    ]


def test_rows_of_a_codec_that_could_not_be_used_go_once_it_was_used(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    unusable = {"flags": (UNUSABLE,), "settings": '{"q":1}'}
    store.append([record("a", "crashed", **unusable), record("a"), record("b"), record("b", "crashed", **unusable)])
    store.arrange([])
    assert [(row.image, row.status) for row in rows_of(path)] == [("a", "ok"), ("b", "ok"), ("b", "crashed")]


def test_rows_that_are_settled_and_have_all_metrics_by_the_same_definitions_are_done(tmp_path: Path) -> None:
    psnr, other, both = {"psnr": "1"}, {"psnr": "2"}, {"psnr": "1", "ssim": "3"}
    store = RecordStore(tmp_path / "records.csv")
    store.append(
        [
            record("a", metric_definitions=psnr),
            record("b", metric_definitions=both),
            record("c", "failed", metric_definitions=both),
            record("d", "skipped", metric_definitions=psnr),
        ]
    )
    assert {image for image, _ in store.done(psnr, {})} == {"a", "b", "d"}
    assert store.done(both, {}) == {("b", "c"): frozenset([record("b").key])}
    assert not store.done(other, {})


def test_a_row_is_not_done_that_another_device_made_than_the_one_asked_for(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "records.csv")
    store.append([record("a", device="cpu"), record("b", device="Alpha"), record("old"), record("d", "skipped")])
    assert {image for image, _ in store.done({}, {})} == {"a", "b", "old", "d"}
    assert {image for image, _ in store.done({}, {}, devices={"c": "Alpha"})} == {"b", "old", "d"}
    assert {image for image, _ in store.done({}, {}, devices={"c": "cpu"})} == {"a", "old", "d"}
    assert {image for image, _ in store.done({}, {}, devices={"other": "cpu"})} == {"a", "b", "old", "d"}


def test_a_row_is_not_done_once_the_code_of_a_metric_changed_if_it_tells_it(tmp_path: Path) -> None:
    asked, both = {"psnr": "1"}, {"psnr": "1", "ssim": "3"}
    store = RecordStore(tmp_path / "records.csv")
    store.append(
        [
            record("old", metric_definitions=both),
            record("same", metric_definitions=both, metric_sources={"psnr": "x", "ssim": "gone"}),
            record("other", metric_definitions=both, metric_sources={"psnr": "y"}),
        ]
    )
    assert {image for image, _ in store.done(asked, {"psnr": "x"})} == {"old", "same"}


def test_rows_of_earlier_runs_are_not_done_for_a_fresh_one(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record("a")])
    store = RecordStore(path, fresh=True)
    assert not store.done({}, {})
    store.append([record("b")])
    assert {image for image, _ in store.done({}, {})} == {"b"}
    assert [row.image for row in store.rows] == ["a", "b"]


def test_a_file_without_a_column_that_came_later_is_read_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    later = [column.name for column in COLUMNS if column.since > 1]
    assert {"estimated_bpp", "device", "flags"} <= set(later)
    older = {name: cell for name, cell in record("a", device="gpu").cells().items() if name not in later}
    path.write_text(f"{','.join(older)}\n{','.join(older.values())}\n", encoding="utf-8")
    store = RecordStore(path)
    store.append([record("b", device="gpu")])
    assert [(row.image, row.device) for row in rows_of(path)] == [("a", ""), ("b", "gpu")]


def test_other_columns_are_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text("image,bpp\na,1\n", encoding="utf-8")
    with pytest.raises(RecordsError, match="missing: schema, key, dataset"):
        RecordStore(path)
    assert path.read_text(encoding="utf-8") == "image,bpp\na,1\n"


def test_columns_of_a_metric_that_is_not_installed_stay_as_long_as_they_have_values(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    loud = record("a", others={"loudness": "0.250", "remark": "good, they say"}).cells() | {"empty_rgb": ""}
    names = columns(["empty_rgb"], ["loudness"])  # without those that are installed
    path.write_text(f"{','.join(names)}\n{','.join(loud[name] for name in names)}\n", encoding="utf-8")
    store = RecordStore(path)
    store.append([record("b", metrics={"psnr_rgb": 30.5})])
    store.arrange([])
    assert [row.others for row in rows_of(path)] == [{"loudness": "0.250"}, {}]
    assert [row.metrics for row in rows_of(path)] == [{}, {"psnr_rgb": 30.5}]
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header == columns(metric_columns(), ["loudness"])


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("schema", "9", "schema: expected 1 to 2, got '9'"),
        ("schema", "", "schema: expected 1 to 2, got ''"),
        ("bytes", "12x", "bytes: expected a whole number, got '12x'"),
        ("bpp", "high", "bpp: expected a number"),
        ("status", "good", "status: expected one of ok, "),
        ("codec", "", "codec: expected a text"),
        ("psnr_rgb", "loud", "psnr_rgb: expected a number"),
        ("metric_definitions", "psnr", "metric_definitions: "),
        ("settings", "{not json", "settings: expected a JSON object"),
        ("knob", "quality", "settings: expected a value of the knob 'quality'"),
        ("images", "0", "images: expected a number above 0"),
        ("images", "", "images: expected a number above 0"),
        ("bpp", "-1", "bpp: expected a number above 0"),
        ("bpp", "inf", "bpp: expected a number above 0"),
        ("psnr_rgb", "nan", "psnr_rgb: expected a number, got 'nan'"),
        ("encode_s", "NaN", "encode_s: expected a number, got 'NaN'"),
        ("settings", "[" * 9999, "settings: expected a JSON object"),
        ("codec", "c\0", "expected UTF-8 without NUL characters, got other bytes"),
        ("codec", "caf\udce9", "expected UTF-8 without NUL characters, got other bytes"),
        ("codec", '"c', "expected "),
    ],
)
def test_a_row_that_cannot_be_read_is_never_reused_and_never_lost(
    tmp_path: Path, column: str, cell: str, problem: str
) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record("a"), record("b")])
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[0].split(",")
    cells[header.split(",").index(column)] = cell
    damaged = "\n".join([header, ",".join(cells), lines[1], ""])
    path.write_text(damaged, encoding="utf-8", errors="surrogateescape")
    store = RecordStore(path)
    assert [row.image for row in store.rows] == ["b"]
    assert set(store.done({}, {})) == {("b", "c")}
    assert [text.partition("line 2: ")[2].startswith(problem) for text in store.problems] == [True]
    (aside,) = csv.DictReader((tmp_path / "rejected.csv").read_text(encoding="utf-8").splitlines())
    assert (aside["file"], aside["line"], unprintable(aside["row"])) == (
        "records.csv",
        "2",
        ",".join(cells),
    )
    assert store.problems == [f"{path}, line 2: {aside['reason']}"]
    assert path.read_text(encoding="utf-8").splitlines() == [header, lines[1]]
    store = RecordStore(path)
    assert store.problems == []


SAME = {"image_sha256": "i", "stream_sha256": "s", "pixels_sha256": "p"}


def test_a_row_that_is_replaced_leaves_the_values_that_were_measured_on_the_same_pixels(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    first = record(
        "a",
        **SAME,
        metrics={"psnr_rgb": 30.0, "psnr_y": 31.0, "ssim_rgb": 0.9},
        metric_definitions={"psnr": "old", "ssim": "2"},
        others={"remark": "good"},
        flags=("undefined-metric",),
        reason="hue is undefined",
    )
    second = record("a", **SAME, repeats=5, metrics={"psnr_rgb": 30.5}, metric_definitions={"psnr": "new"})
    store = RecordStore(path)
    store.append([first, second])
    store.arrange([first.identity])
    (row,) = rows_of(path)
    assert row.metrics == {"psnr_rgb": 30.5, "ssim_rgb": 0.9}, "psnr has no value over luma by its new definition"
    assert row.metric_definitions == {"psnr": "new", "ssim": "2"}
    assert (row.key, row.repeats, row.others) == (second.key, 5, {"remark": "good"})
    assert (row.flags, row.reason) == (("undefined-metric",), "hue is undefined")
    assert rows_of(tmp_path / "records.csv.replaced") == [first]


@pytest.mark.parametrize("change", [{"stream_sha256": "other"}, {"pixels_sha256": "other"}, {"status": "failed"}])
def test_a_row_of_other_pixels_replaces_another_which_is_kept_aside(tmp_path: Path, change: dict[str, str]) -> None:
    path = tmp_path / "records.csv"
    first = record("a", **SAME, metrics={"ssim_rgb": 0.9}, metric_definitions={"ssim": "2"})
    told: dict[str, Any] = {**SAME, "metrics": {"psnr_rgb": 30.0}, "metric_definitions": {"psnr": "1"}, **change}
    if "status" in change:
        told |= {"stream_sha256": "", "pixels_sha256": "", "metrics": {}}
    second = record("a", told.pop("status", "ok"), **told)
    for _ in range(2):  # what was kept aside before stays
        store = RecordStore(path)
        store.append([first, second])
        store.arrange([])
        path.unlink()
    assert rows_of(tmp_path / "records.csv.replaced") == [first, first]


def test_rows_that_cannot_be_read_are_told_by_reason_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record(name) for name in "abcdefghi"])
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    alike = [line.replace("2,", "9,", 1) for line in lines[:3]]
    others = [line.replace(",ok,", f",bad{place},") for place, line in enumerate(lines[3:])]
    path.write_text("\n".join([header, *alike, *others, ""]), encoding="utf-8")
    store = RecordStore(path)
    assert store.problems[0] == f"{path}, line 2 and 2 more: schema: expected 1 to 2, got '9'"
    assert store.problems[1].startswith(f"{path}, line 5: status: expected one of ")
    assert store.problems[5] == f"{path}: 2 more rows, for other reasons; see rejected.csv"
    assert len(store.problems) == 6


def test_a_quote_in_a_damaged_line_swallows_no_other_row(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    RecordStore(path).append([record(name, reason=f'the "{name}", so') for name in "abc"])
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1][:40] + '"' + lines[1][40:]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    assert [row.image for row in rows_of(path)] == ["b", "c"]


def test_a_remark_of_several_lines_stays_one_cell(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    loud = record("a", others={"remark": "two\nlines"}).cells()
    names = columns(metric_columns(), ["remark"])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, names, restval="").writerows([dict(zip(names, names, strict=True)), loud, loud])
    assert [row.others for row in rows_of(path)] == [{"remark": "two\nlines"}] * 2


def test_no_link_is_written_through(tmp_path: Path) -> None:
    """Whoever may write in a folder of results cannot have another's files overwritten."""
    path, victim = tmp_path / "out" / "records.csv", tmp_path / "victim"
    victim.write_text("mine\n", encoding="utf-8")
    path.parent.mkdir()
    (path.parent / ".records.csv.tmp").symlink_to(victim)
    RecordStore(path).append([record("a")])
    elsewhere = path.rename(tmp_path / "elsewhere.csv")
    before = elsewhere.read_bytes()
    for target in (elsewhere, tmp_path / "nothing"):
        path.symlink_to(target)
        with pytest.raises(RecordsError, match=rf"records\.csv: expected a file, got a link to {target}, and links"):
            RecordStore(path)
        assert (elsewhere.read_bytes(), path.is_symlink(), target.exists()) == (before, True, target == elsewhere)
        path.unlink()
    elsewhere.rename(path)
    store = RecordStore(path)
    store.append([record("b")])
    (path.parent / "rejected.csv").symlink_to(victim)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(OutputError, match=r"rejected\.csv: cannot be written: it is a link"):
        RecordStore(path)
    assert [row.image for row in store.rows] == ["a", "b"]
    assert victim.read_text(encoding="utf-8") == "mine\n"


def test_a_full_disk_leaves_the_rows_that_were_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record("a")])
    whole = path.read_bytes()
    write = os.write

    def full(place: int, data: memoryview) -> int:
        if len(data) < 50:  # a part of it finds room
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(place, data[:-49])

    monkeypatch.setattr("os.write", full)
    with pytest.raises(OutputError, match=r"records\.csv: cannot be written: No space left on device; make room"):
        store.append([record("b")])
    assert (path.read_bytes(), [row.image for row in store.rows]) == (whole, ["a"])


def test_a_full_disk_leaves_the_columns_that_were_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OutputError("No space left on device")

    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record("a")])
    with monkeypatch.context() as patch, pytest.raises(OutputError, match="No space left"):
        patch.setattr(run_store, "replace_file", full)
        store.append([record("b", others={"theirs": "1"})])
    store.append([record("c")])
    assert [row.image for row in store.rows] == [row.image for row in rows_of(path)] == ["a", "c"]


def test_a_row_that_a_signal_comes_after_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.csv"
    store = RecordStore(path)
    store.append([record("b")])
    write = os.write

    def interrupted(place: int, data: memoryview) -> int:
        write(place, data)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.append([record("a")])
    assert [row.image for row in rows_of(path)] == ["b", "a"]
    store.arrange([record(image).identity for image in "ab"])  # as an interrupted run does
    assert [row.image for row in rows_of(path)] == ["a", "b"]


@pytest.mark.parametrize("step", ["append_file", "replace_file"])
def test_a_kill_while_rows_are_put_in_order_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Before and after each step that changes a file, all rows are in one of the files."""
    path = tmp_path / "records.csv"
    rows = [record("b", "failed"), record("a"), record("b"), record("a", repeats=5)]

    class Killed(BaseException):
        pass

    calls = 0

    def killed_at(place: int, call: Any) -> Any:
        def step(*arguments: Any, **more: Any) -> None:
            nonlocal calls
            if calls == place:
                raise Killed
            calls += 1
            call(*arguments, **more)

        return step

    for place in range(9):
        for file in tmp_path.iterdir():
            file.unlink()
        RecordStore(path).append(rows)
        store, calls = RecordStore(path), 0
        with monkeypatch.context() as patch:
            patch.setattr(f"benchmark.run.store.{step}", killed_at(place, getattr(run_store, step)))
            try:
                store.arrange([record("a").identity])
            except Killed:
                pass
            else:
                break
        aside = tmp_path / "records.csv.replaced"
        kept = rows_of(path) + (rows_of(aside) if aside.exists() else [])
        assert {(row.image, row.key) for row in rows} <= {(row.image, row.key) for row in kept}
    assert place == {"append_file": 1, "replace_file": 3}[step], "it was tried at each of the steps"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "records.csv")
    with pytest.raises(RecordsError, match="expected a file"):
        RecordStore(tmp_path / "records.csv")


def test_names_that_scripts_rely_on() -> None:
    promised = (
        "dataset image codec settings status reason width height bytes bpp payload_bpp psnr_rgb psnr_y ssim_rgb ssim_y "
        "ms_ssim_rgb ms_ssim_y encode_s decode_s"
    )
    names = columns(metric_columns())
    assert set(promised.split()) <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.usefixtures("serial")
def test_a_foreign_records_file_is_never_overwritten(rdbench: Run, three_pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "records.csv").write_text("a,b\n1,2\n")
    done = rdbench("run", "--codecs", "jpeg", "--dataset", f"folder:{three_pictures}", "--out", "out", check=False)
    assert done.returncode == 2
    assert "its columns are not those of a records file" in done.stderr
    assert (tmp_path / "out" / "records.csv").read_text() == "a,b\n1,2\n"


def test_rows_of_workers_share_what_they_have_in_common(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "records.csv")
    for image in ("a", "b"):
        told: dict[str, Any] = {"metric_definitions": {"psnr": "01234567"}, "version": "lib 1", "rdbench": "0.2"}
        store.append([pickle.loads(pickle.dumps(record(image, **told)))])
    first, second = store.rows
    assert all(getattr(first, name) is getattr(second, name) for name in ("metric_definitions", "version", "rdbench"))
    assert [first, second] == rows_of(tmp_path / "records.csv")


def test_rows_move_to_a_parquet_file_and_back(tmp_path: Path) -> None:
    needs("pyarrow", extra="parquet")
    path, packed = tmp_path / "records.csv", tmp_path / "records.parquet"
    rows = [record("a", others={"mine": "1"}), record("b", status="failed")]
    store = RecordStore(path)
    store.append(rows)
    text = path.read_bytes()
    store.leave_as("parquet")
    assert (path.exists(), packed.is_file()) == (False, True)
    written = packed.stat().st_mtime_ns, packed.read_bytes()
    again = RecordStore(path)
    assert again.rows == rows
    again.arrange([row.identity for row in rows])
    again.leave_as("parquet")
    assert (path.exists(), (packed.stat().st_mtime_ns, packed.read_bytes())) == (False, written), "nothing was to do"
    again.leave_as("csv")
    assert (path.read_bytes(), packed.exists()) == (text, False)


def test_rows_that_are_added_beside_a_parquet_file_are_in_one_file_with_its_rows(tmp_path: Path) -> None:
    """So is a run that is killed afterwards: the CSV file counts, and has them all."""
    needs("pyarrow", extra="parquet")
    path, packed = tmp_path / "records.csv", tmp_path / "records.parquet"
    store = RecordStore(path)
    store.append([record("a")])
    store.leave_as("parquet")
    killed = RecordStore(path)
    killed.append([record("b")])
    assert path.is_file() and packed.is_file()
    assert rows_of(path) == [record("a"), record("b")]
    resumed = RecordStore(path)
    resumed.append([record("c")])
    resumed.leave_as("parquet")
    assert [row.image for row in RecordStore(path).rows] == ["a", "b", "c"]
    assert not path.exists()


def test_rows_of_a_parquet_file_that_cannot_be_read_are_set_aside(tmp_path: Path) -> None:
    needs("pyarrow", extra="parquet")
    path, packed = tmp_path / "records.csv", tmp_path / "records.parquet"
    store = RecordStore(path)
    store.append([record("a"), record("b", status="odd")])
    store.leave_as("parquet")
    again = RecordStore(path)
    assert [row.image for row in again.rows] == ["a"]
    assert "records.parquet, line 2: status: expected" in again.problems[0]
    assert "records.parquet,2," in (tmp_path / "rejected.csv").read_text(encoding="utf-8")
    assert path.is_file(), "the rows that can be read are on the disk again"
    packed.write_bytes(b"PAR1")
    path.unlink()
    with pytest.raises(RecordsError, match="cannot be read as Parquet"):
        RecordStore(path)
    packed.unlink()
    packed.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecordsError, match="links are not written through"):
        RecordStore(path)
