"""Commands that read results."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.analysis.references.reference import (
    read_reference,
)
from benchmark.report.figures.style import checked_forms
from tests.analysis.references.examples import compressai
from tests.codecs.test_published import JPEG, WEBP
from tests.conftest import ROOT, Run, photo


@pytest.mark.slow
def test_bdrate_prints_and_writes(rdbench: Run, tmp_path: Path) -> None:

    (tmp_path / "pictures").mkdir()
    for index in range(2):
        Image.fromarray(photo(176, 192, 3, index)).save(tmp_path / "pictures" / f"{index}.png")
    rdbench(
        "run",
        "--codecs",
        "jpeg,webp",
        "--dataset",
        "folder:pictures",
        "--metrics",
        "psnr,ms_ssim,mse",
        "--set",
        "jpeg.quality=10,30,50,70,90",
        "--set",
        "webp.quality=5,25,50,75,95",
        "--out",
        "out",
    )
    done = rdbench("bdrate", "out", "--anchor", "jpeg", "--images", "--out", "bd.csv")
    assert "psnr_rgb (dB) against jpeg" in done.stdout
    table = pd.read_csv(tmp_path / "bd.csv", keep_default_na=False)
    assert list(table["image"]) == ["", "0.png", "1.png"] * 2
    assert (table["bd_rate"][:3].astype(float) == 0).all()
    assert (table["bd_rate"][3:].astype(float) != 0).all()
    assert "2 images: no interval and no test, which need 6" in done.stdout
    rdbench("bdrate", "out", "--anchor", "jpeg", "--hull")
    rdbench("bdrate", "out/summary.csv", "--anchor", "jpeg", "--metric", "ms_ssim", "--out", "bd.md")
    lines = (tmp_path / "bd.md").read_text().splitlines()
    assert lines[0].startswith("| dataset | series |")
    assert len(lines) == 4
    for words, complaint in [
        (["out", "--anchor", "png"], "anchor 'png' is no series of the results; known: jpeg, webp"),
        (["out", "--anchor", "jpeg", "--metric", "snr"], "unknown metric 'snr'"),
        (["out", "--anchor", "jpeg", "--out", "bd.txt"], "ends in .csv or .md"),
    ]:
        done = rdbench("bdrate", *words, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert complaint in done.stderr


def test_import_writes_curves_of_others(tmp_path: Path, rdbench: Run) -> None:
    compressai(tmp_path / "jpeg.json", JPEG)
    compressai(tmp_path / "webp.json", WEBP)
    words = ("import", "jpeg.json", "webp.json", "--dataset", "kodak", "--images", "24", "--out", "others.csv")
    assert "2 curves" in rdbench(*words).stdout
    first = (tmp_path / "others.csv").read_bytes()
    rdbench(*words)
    assert (tmp_path / "others.csv").read_bytes() == first
    found = read_reference(tmp_path / "others.csv")
    assert [part.label for part in found] == ["JPEG", "WEBP"]
    assert np.array(found[0].rates) == pytest.approx(np.array([rate for rate, _ in JPEG]))
    refused = rdbench(*words, "--label", "x", check=False)
    assert (refused.returncode, "one by one" in refused.stderr) == (2, True)
    assert "Traceback" not in refused.stderr


def test_import_tells_curves_of_one_name_apart(tmp_path: Path, rdbench: Run) -> None:
    for name, curve in (("a", JPEG), ("b", WEBP)):
        (tmp_path / name).mkdir()
        compressai(tmp_path / name / "m.json", curve)
    rdbench("import", "a/m.json", "b/m.json", "a/m.json", "--dataset", "kodak", "--images", "24", "--out", "others.csv")
    found = read_reference(tmp_path / "others.csv")
    assert [len(part.rates) for part in found] == [len(JPEG), len(WEBP)]
    assert len({part.label for part in found}) == 2


@pytest.mark.slow
def test_compare_on_the_kodak_baseline(tmp_path: Path, rdbench: Run) -> None:
    """On the Kodak baseline: the same, worse with all three files, and not comparable."""
    baseline = ROOT / "results" / "baseline" / "kodak"
    frame = pd.read_csv(baseline / "records.csv", dtype=str, keep_default_na=False)
    same = rdbench("compare", str(baseline), str(baseline)).stdout
    assert same.startswith(f"same: {len(frame):,} rows compared, all alike\n")
    place = frame.index[(frame["codec"] == "webp") & (frame["image"] == "kodim07")][3]
    frame.loc[place, "psnr_rgb"] = str(float(frame.loc[place, "psnr_rgb"]) - 0.05)
    frame.drop(index=0).to_csv(tmp_path / "records.csv", index=False)
    files = [word for name in ("a.md", "a.xml", "a.json") for word in ("--out", name)]
    done = rdbench("compare", str(baseline), "records.csv", *files, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(f"worse: {len(frame) - 1:,} rows compared, 1 worse; 1 missing\n")
    for text in ("kodim07", "quality=20", "psnr_rgb", "-0.05", "kodim01", "quality=5"):
        assert text in done.stdout, text
    assert "kodim07" in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert len(ET.parse(tmp_path / "a.xml").findall(".//failure")) == 2
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (content["verdict"], content["exit_status"], len(content["missing"])) == ("worse", 1, 1)
    frame.assign(schema="9").to_csv(tmp_path / "records.csv", index=False)
    done = rdbench("compare", str(baseline), "records.csv", check=False)
    assert (done.returncode, "records.csv, line 2: schema: expected 1 to 2, got '9'" in done.stderr) == (2, True)
    done = rdbench("compare", str(baseline), "records.csv", "--out", "a.txt", check=False)
    assert (done.returncode, "a name that ends in .md, .xml (JUnit), .json or .html" in done.stderr) == (2, True)


def test_formats_that_no_figure_has_are_refused(rdbench: Run, tmp_path: Path) -> None:
    assert checked_forms(["pdf", "png", "pdf"]) == ["pdf", "png"]
    for text, told in (
        ("png,gif", "--formats: expected some of svg, png, pdf, webp, got 'gif'"),
        (",", "expected names with commas between them, got ','"),
    ):
        done = rdbench("report", str(tmp_path), "--formats", text, check=False)
        assert done.returncode == 2
        assert told in done.stderr


def test_a_folder_without_studies_is_told(rdbench: Run) -> None:
    done = rdbench("published", check=False)
    assert done.returncode == 2
    assert "no study files there" in done.stderr
