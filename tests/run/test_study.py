"""Studies: from flags and TOML to operating points."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.errors import MissingBackend, UsageError
from benchmark.metric import metric_groups
from benchmark.metrics.ssim import StructuralSimilarity
from benchmark.metrics.ssimulacra2 import Ssimulacra2
from benchmark.plugins import all_metrics, codec_class, dataset_class
from benchmark.run.matching import Target
from benchmark.run.study import dataset_names, read_study, resolve
from benchmark.run.texts import parse_match
from tests.conftest import ROOT


def test_defaults_are_filled_in() -> None:
    study, notes = resolve(codecs=["jpeg", "png"])
    assert study.dataset == "sample"
    assert study.name == "sample-jpeg-png"
    assert list(study.metrics) == ["mse", "psnr", "ssim", "ms_ssim"]
    assert not notes
    points = study.operating_points()
    assert len(points) == 20
    assert points[0].settings == {"quality": 5, "subsampling": "4:2:0", "optimize": True, "progressive": False}


def test_a_sweep_is_a_product_without_duplicates() -> None:
    study, _ = resolve(
        codecs=["jpeg"], sets=["jpeg.quality=10,20,10", "jpeg.subsampling=4:4:4,4:2:0", "jpeg.optimize=false"]
    )
    points = study.operating_points()
    assert len(points) == 4
    assert {point.settings["optimize"] for point in points} == {False}


def test_toml_round_trip(tmp_path: Path) -> None:
    study, _ = resolve(
        dataset="kodak",
        codecs=["webp", "jpeg2000"],
        sets=["webp.quality=5,95", "jpeg2000.lossless=true,false"],
        metrics=["psnr"],
        repeats=3,
        timeout=12.5,
        name="mine",
    )
    path = tmp_path / "study.toml"
    path.write_text(study.to_toml(), encoding="utf-8")
    again, _ = resolve(**read_study(path))
    assert again == study
    assert again.operating_points() == study.operating_points()


def test_a_device_is_told_where_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text('device = "cuda:1"', encoding="utf-8")
    study, _ = resolve(**read_study(path))
    assert study.device == "gpu:1"
    assert study.to_dict()["device"] == "gpu:1"
    assert "device" not in resolve(device="auto")[0].to_dict()
    with pytest.raises(UsageError, match=r"^device: expected auto, cpu, gpu or gpu:N, got 'tpu'"):
        resolve(device="tpu")


def test_a_comma_parts_data_sets_but_not_a_folder() -> None:
    assert dataset_names("kodak, mnist:train") == ["kodak", "mnist:train"]
    assert dataset_names("folder:a,b") == ["folder:a,b"]
    assert dataset_names("kodak,folder:a") == ["kodak", "folder:a"]
    for wrong in ("kodak,", [], ["kodak", 5]):
        with pytest.raises(UsageError, match="dataset: expected"):
            dataset_names(wrong)  # type: ignore[arg-type]


def test_a_match_takes_the_place_of_the_knob(tmp_path: Path) -> None:
    study, _ = resolve(
        codecs=["jpeg", "webp"], sets=["jpeg.optimize=true,false"], match=parse_match(["bpp=2,8", "psnr=30", "bpp=2"])
    )
    assert list(study.match) == [Target("bpp", 2), Target("bpp", 8), Target("psnr_rgb", 30)]
    assert [str(target) for target in study.match] == ["bpp<=2", "bpp<=8", "psnr_rgb<=30"]
    assert len(study.operating_points()) == 3
    path = tmp_path / "study.toml"
    path.write_text(study.to_toml(), encoding="utf-8")
    again, _ = resolve(**read_study(path))
    assert again == study
    path.write_text("codecs = {jpeg = {quality = [5, 10]}}\nmatch = {payload_bpp = 2}", encoding="utf-8")
    again, _ = resolve(**read_study(path))
    assert list(again.match) == [Target("payload_bpp", 2)]
    assert len(again.operating_points()) == 1


def test_targets_may_be_of_either_side_and_of_means(tmp_path: Path) -> None:
    study, _ = resolve(codecs=["jpeg"], match=parse_match(["bpp=2", "psnr~30"]), match_mean=parse_match(["bpp~1"]))
    assert list(study.match) == [
        Target("bpp", 2),
        Target("psnr_rgb", 30, sense="~"),
        Target("bpp", 1, sense="~", mean=True),
    ]
    assert [str(target) for target in study.match] == ["bpp<=2", "psnr_rgb~30", "mean bpp~1"]
    others, _ = resolve(codecs=["jpeg"], match=parse_match(["ssim>=0.98,0.9", "bpp<=2"]))
    assert [str(target) for target in others.match] == ["ssim_rgb>=0.98", "ssim_rgb>=0.9", "bpp<=2"]
    assert others.to_dict()["match"] == {"ssim_rgb>=": [0.98, 0.9], "bpp": [2]}
    path = tmp_path / "study.toml"
    path.write_text(study.to_toml(), encoding="utf-8")
    assert resolve(**read_study(path))[0] == study


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "not valid TOML"),
        ("nmae = 'x'", "unknown key 'nmae'"),
        ("# nothing", "expected a study, such as .*, got nothing"),
        ("metrics = 'psnr'", "expected a list"),
        ("repeats = true", "expected a whole number"),
        ("[codecs]\njpeg = 5", "expected a table"),
        ("images = []", "images: expected names, got none"),
        ("metrics = []", "metrics: expected names, got none"),
    ],
)
def test_bad_files_are_explained(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=complaint):
        read_study(path)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"codecs": ["jpge"]}, "unknown codec 'jpge'; did you mean jpeg"),
        ({"codecs": ["jpeg"], "metrics": ["snr"]}, "unknown metric 'snr'"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.quality"]}, "expected CODEC.FIELD=VALUE"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.quality=high"]}, "expected a whole number, got 'high'"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.quality=101"]}, "expected 1 to 100, got 101"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.colour=1"]}, "no setting 'colour'"),
        ({"codecs": ["jpeg"], "sets": ["webp.quality=1"]}, "not among those to run"),
        ({"codecs": ["jpeg"], "sets": ["jpeg.optimize=1"]}, "expected true or false"),
        ({"codecs": {"jpeg": {"quality": []}}}, "no values"),
        ({"codecs": {"jpeg": {"quality": ["5"]}}}, "expected a whole number"),
        ({"codecs": ["jpeg"], "timeout": 0.0}, "timeout: expected a number above 0"),
        (
            {"codecs": ["jpeg"], "name": "../../x"},
            r"name: expected the name of a folder, .*'\.\.': it starts with a dot",
        ),
        (
            {"codecs": ["jpeg"], "name": "/x"},
            "name: expected the name of a folder, .* '/x': it begins or ends with /",
        ),
        ({"codecs": ["jpeg"], "name": ""}, "name: expected the name of a folder, .*: it is empty"),
        ({"codecs": ["png"], "match": {"bpp": [2]}}, "'png' has no knob"),
        ({"codecs": ["jpeg"], "match": {"rate": [2]}}, "'rate' is neither a rate .* nor a metric; unknown"),
        ({"codecs": ["jpeg"], "match": {"bpp": []}}, "no values to match"),
        ({"codecs": ["png"], "match_mean": {"bpp~": [2]}}, "'png' has no knob"),
        ({"codecs": ["jpeg"], "match": {"bpp": ["2"]}}, "expected numbers, got '2'"),
        ({"codecs": ["jpeg"], "match": {"bpp": [float("nan")]}}, "expected numbers, got nan"),
        ({"codecs": ["jpeg"], "match": {"bpp": [2]}, "sets": ["jpeg.quality=5"]}, "the match chooses quality"),
    ],
)
def test_bad_requests_are_explained(arguments: dict[str, object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        resolve(**arguments)  # type: ignore[arg-type]


def test_the_study_of_times_is_a_part_of_the_baseline() -> None:
    """``report --times`` takes times of the same operating points and images alone; the baseline has default sweeps."""
    study, _ = resolve(**read_study(ROOT / "results" / "baseline" / "kodak-timing" / "study.toml"))
    baseline = read_study(ROOT / "results" / "baseline" / "kodak" / "study.toml")
    assert list(study.codecs) == list(baseline["codecs"])
    assert (study.timing, study.repeats, study.threads) == (True, 5, 1)
    assert set(study.images) <= set(dataset_class("kodak").digests)  # type: ignore[attr-defined]
    for codec, sweep in study.codecs.items():
        assert all(set(values) <= set(codec_class(codec).grid[field]) for field, values in sweep.items()), codec


def test_a_group_stands_for_its_metrics() -> None:
    usual, _ = resolve(codecs=["jpeg"])
    basic, _ = resolve(codecs=["jpeg"], metrics=["basic"])
    assert basic.metrics == usual.metrics == ["mse", "psnr", "ssim", "ms_ssim"]
    mixed, _ = resolve(codecs=["jpeg"], metrics=["ssimulacra2", "basic", "psnr"])
    assert mixed.metrics == [*usual.metrics, "ssimulacra2"]
    with pytest.raises(UsageError, match="unknown metric 'perceptal'; did you mean perceptual"):
        resolve(codecs=["jpeg"], metrics=["perceptal"])


def test_the_group_of_jpeg_ai_has_the_metrics_of_its_conditions() -> None:
    names = metric_groups(all_metrics())["jpeg-ai"]
    assert sorted(names) == ["fsim", "iw_ssim", "ms_ssim_pytorch", "nlpd", "psnr_hvs", "vif", "vmaf"]


def test_a_group_leaves_out_what_is_not_installed_and_a_name_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise MissingBackend("pip install eye")

    monkeypatch.setattr(Ssimulacra2, "version", missing)
    study, notes = resolve(codecs=["jpeg"], metrics=["perceptual", "psnr"])
    assert "psnr" in study.metrics
    assert "ssimulacra2" not in study.metrics
    assert "left out metric ssimulacra2: pip install eye" in notes
    with pytest.raises(MissingBackend, match="metric ssimulacra2: pip install eye"):
        resolve(codecs=["jpeg"], metrics=["perceptual", "ssimulacra2"])


def test_libraries_of_metrics_that_nobody_asks_for_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> str:
        raise AssertionError

    monkeypatch.setattr(StructuralSimilarity, "version", asked)
    study, _ = resolve(codecs=["jpeg"], metrics=["psnr"])
    assert study.metrics == ["psnr"]
