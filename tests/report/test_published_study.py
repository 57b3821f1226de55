"""What a study file says of published figures."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from benchmark.errors import UsageError
from benchmark.plugins import open_dataset
from benchmark.report.published_study import read_published
from benchmark.run.study import dataset_names, read_study, resolve
from benchmark.workflows.cross import read_cross
from tests.report.examples import HEAD, METRICS, STUDIES, UNITS

ROW = "dataset = 'kodak'\n[codecs.jpeg]\n" + HEAD + "[[published.rows]]\nlabel = 'x'\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("published = ", "not valid TOML"),
        ("dataset = 'kodak'", "published: expected a table, got None"),
        ("[published]\ntitle = 'x'\nsource = 'y'", "differs is missing"),
        (HEAD, "expected rows, or a table cross"),
        (HEAD + "[published.units.msx]", "published.units: unknown figure 'msx'.* known: bpp"),
        (HEAD + "[published.units.mse]\nunit = 'x'", "published.units.mse: divisor is missing"),
        (HEAD + UNITS.replace("65025", "0"), "published.units.mse: expected a divisor above 0"),
        (HEAD + UNITS.replace("= 4", "= 0.5"), "published.units.mse: digits: expected a whole number, got 0.5"),
        (
            HEAD + "[published.cross.bd0]\nbd1 = 1.0\n[cross]\nmetrics = ['psrn']",
            "cross.metrics: unknown figure 'psrn'",
        ),
        (HEAD + "sauce = 'x'", "unknown key 'sauce'"),
        (HEAD + "also = ['psrn']", "unknown figure 'psrn'; did you mean psnr"),
        (HEAD + "rows = [3]", "number 1: expected a table"),
        (ROW, "number 1: expected a figure"),
        (ROW + "psnr = '30'", "number 1: psnr: expected a number, got '30'"),
        (ROW + "psnr = nan", "psnr: expected a number"),
        (ROW + "psnr = true", "psnr: expected a number"),
        (ROW + "psrn = 30", "unknown key 'psrn'"),
        (ROW + "psnr = 30\ndataset = 'kodka'", "dataset: expected one of the study's, kodak, got 'kodka'"),
        (ROW + "psnr = 30\ncodec = 'jpge'", "codec: expected one of the study's, jpeg, got 'jpge'"),
        (ROW + "psnr = 30\ninterpolated = true", "interpolated: expected a rate"),
        (ROW + "mse = 0.1\nbaseline = 'y'", "baseline: expected the label of one row"),
        (ROW + "psnr = 30\nbaseline = 'x'", "in both a figure that falls as the quality rises, such as mse, got 'x'"),
        (HEAD + "[published.cross]\nbd0 = 3", "published.cross.bd0: expected the PSNR on each data set"),
        (HEAD + "[published.cross.bd0]\nbd1 = 'x'", "published.cross.bd0: expected the PSNR on each data set"),
    ],
)
def test_bad_tables_are_explained(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read_published(path, METRICS)


def test_a_row_names_its_data_set_where_the_study_has_several(tmp_path: Path) -> None:
    path = tmp_path / "several.toml"
    path.write_text(ROW.replace("'kodak'", "['kodak', 'sample']") + "psnr = 30")
    with pytest.raises(UsageError, match="dataset: expected one of the study's, kodak, sample, got None"):
        read_published(path, METRICS)


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
@pytest.mark.neural
def test_committed_studies_can_be_run(path: Path) -> None:
    published = read_published(path, METRICS)
    if published.cross:
        cross = read_cross(path)
        datasets = [*cross.train, *cross.test]
        assert set(published.cross) == set(cross.train)
        assert all(set(tests) == set(cross.test) for tests in published.cross.values())
    else:
        study, notes = resolve(**read_study(path))
        datasets = dataset_names(read_study(path)["dataset"])
        assert not notes
        points = {(point.codec, name) for point in study.operating_points() for name in point.settings.items()}
        for row in published.rows:
            assert row.target in ([str(target) for target in study.match] or [""])
            assert {(row.codec, item) for item in row.settings.items()} <= points, row
    for name in datasets:
        open_dataset(name)  # refuses a name that is unknown, and an argument


def test_there_is_a_study_for_each_published_table() -> None:
    assert {path.stem for path in STUDIES} == {
        "cvae-mnist",
        "vae-mnist",
        "fashion-autoencoder",
        "fashion-search",
        "fashion-denoising",
        "unb-model1-cross",
        "unb-model2",
        "unb-model3",
        "unb-jpeg",
        "rnn-kodak",
        "rnn-klt",
    }
    for path in STUDIES:
        assert "name" not in tomllib.loads(path.read_text(encoding="utf-8")), "results are found by the file's name"
