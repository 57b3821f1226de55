"""Commands about what others published."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.analysis.references.reference import read_reference
from tests.analysis.references.examples import compressai
from tests.conftest import Run


def test_an_import_knows_how_many_images_a_data_set_has(rdbench: Run, tmp_path: Path) -> None:
    compressai(tmp_path / "a.json", ((0.5, 30.0), (1.0, 35.0)))
    for dataset, images in (("kodak", 24), ("folder:x", None), ("elsewhere", None)):
        rdbench("import", "a.json", "--dataset", dataset, "--out", "a.csv")
        assert read_reference(tmp_path / "a.csv")[0].images == images
    rdbench("import", "a.json", "--dataset", "kodak", "--images", "7", "--out", "a.csv")
    assert read_reference(tmp_path / "a.csv")[0].images == 7


def test_imported_labels_differ(rdbench: Run, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        compressai(tmp_path / folder / f"{folder}.json", ((0.5, 30.0),), **{"psnr-y": [31.0]})
        (tmp_path / folder / f"{folder}.json").write_text(
            (tmp_path / folder / f"{folder}.json").read_text().replace(folder.upper(), "mbt")
        )
    rdbench("import", "one/one.json", "two/two.json", "--dataset", "kodak", "--out", "a.csv")
    labels = {reference.label for reference in read_reference(tmp_path / "a.csv")}
    assert labels == {"mbt [made, one.json]", "mbt [made, two.json]"}


def test_all_curves_of_a_folder_are_imported(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "zoo").mkdir()
    for name in ("mbt2018_mse_cpu", "mbt2018_mse_cuda"):
        path = compressai(tmp_path / "zoo" / f"compressai-{name}.json", ((0.5, 30.0), (1.0, 35.0)))
        path.write_text(path.read_text().replace(path.stem.upper(), "mbt2018"))
    (tmp_path / "zoo" / "curves.png").write_bytes(b"a picture")
    done = rdbench("import", "zoo", "--dataset", "kodak", "--out", "zoo.csv")
    assert "wrote zoo.csv: 2 curves" in done.stdout
    labels = [reference.label for reference in read_reference(tmp_path / "zoo.csv")]
    assert labels == ["mbt2018 (mse, cpu)", "mbt2018 (mse, cuda)"]
    done = rdbench("import", "zoo", "--dataset", "kodak", "--label", "mine", "--out", "zoo.csv", check=False)
    assert (done.returncode, "names one curve, got 2 files" in done.stderr) == (2, True)
    (tmp_path / "none").mkdir()
    done = rdbench("import", "none", "--dataset", "kodak", "--out", "zoo.csv", check=False)
    assert (done.returncode, "none: expected a folder with files that end in .json" in done.stderr) == (2, True)


@pytest.mark.parametrize("rate", ["", "1920x1080", "axbxc", "0x1x1", "nanx1x1"])
def test_a_pixel_rate_has_three_parts(rdbench: Run, tmp_path: Path, rate: str) -> None:
    compressai(tmp_path / "a.json", ((0.5, 30.0),))
    words = ("import", "a.json", "--dataset", "uvg", "--out", "a.csv", "--pixel-rate", rate)
    done = rdbench(*words, check=False)
    assert (done.returncode, "expected WIDTHxHEIGHTxFRAMES" in done.stderr) == ((2, True) if rate else (0, False))


def test_near_names_of_an_import_are_told(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("bpp,psnr\n0.5,30\n1,31\n")
    words = ("import", "g.csv", "--out", "o.csv", "--define")
    done = rdbench(*words, "psnr=pnsr_rgb,dB,images", "--dataset", "kodka")
    assert "the bench has no metric pnsr, so nothing compares with it; did you mean psnr or xpsnr?" in done.stderr
    assert "the bench has no data set of this name; did you mean kodak?" in done.stderr
    assert "2 points" in done.stdout and "1 curve\n" in done.stdout
    done = rdbench(*words, "psnr=psnr_rgb,dB,images", "--dataset", "kodak")
    assert "no metric" not in done.stderr and "no data set" not in done.stderr
    done = rdbench(*words, "psrn=psnr_rgb,dB,images", "--dataset", "kodak", check=False)
    assert (done.returncode, "did you mean psnr?" in done.stderr) == (2, True)


def test_an_import_is_not_written_over_its_source(rdbench: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("bpp,psnr\n0.5,30\n1,31\n")
    words = ("import", "a.csv", "--out", "./a.csv", "--dataset", "kodak", "--define", "psnr=psnr_rgb,dB,images")
    done = rdbench(*words, check=False)
    assert (done.returncode, "SOURCE and --out are one file, which would be lost" in done.stderr) == (2, True)
    assert (tmp_path / "a.csv").read_text().startswith("bpp,psnr")
