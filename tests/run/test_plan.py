"""From a study to a plan: every row that it will have, and the work that makes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchmark.errors import MissingData
from benchmark.plugins import open_dataset
from benchmark.run.matching import Target
from benchmark.run.plan import Plan, plan_study
from benchmark.run.study import resolve
from tests.conftest import photo


@pytest.fixture
def pictures(tmp_path: Path) -> str:
    for name in ("a", "b"):
        Image.fromarray(photo(8, 8)).save(tmp_path / f"{name}.png")
    return f"folder:{tmp_path}"


def plan(dataset: str, **more: object) -> Plan:
    study, _ = resolve(
        codecs={"jpeg": {"quality": [20, 80], "optimize": [True]}},
        dataset=dataset,
        metrics=["psnr"],
        **more,  # type: ignore[arg-type]
    )
    return plan_study(study, None)


def test_a_sweep_has_a_row_for_each_image_and_operating_point(pictures: str) -> None:
    found = plan(pictures)
    assert [(image, codec) for _, image, codec, *_ in found.rows] == [("a.png", "jpeg"), ("b.png", "jpeg")] * 2
    assert ['"quality":20' in settings for *_, settings, _ in found.rows] == [True, True, False, False]
    assert len(set(found.rows)) == 4
    [part] = found.parts
    assert (part.codec, [settings["quality"] for settings in part.settings], part.target) == ("jpeg", [20, 80], None)
    assert found.mean_targets == []


def test_targets_take_the_place_of_the_knob(pictures: str) -> None:
    found = plan(pictures, match={"bpp": [1.0, 2.0]}, match_mean={"psnr": [30.0]})
    assert [part.target for part in found.parts] == [Target("bpp", 1.0), Target("bpp", 2.0)]
    [(point, target)] = found.mean_targets
    assert (point.codec, target) == ("jpeg", Target("psnr_rgb", 30.0, mean=True))
    assert len(found.rows) == len(set(found.rows)) == 3 * 2
    assert not any("quality" in settings for *_, settings, _ in found.rows)


def test_a_data_set_that_is_open_is_not_listed_again(pictures: str, tmp_path: Path) -> None:
    dataset = open_dataset(pictures)
    items = dataset.items()
    Image.fromarray(photo(8, 8)).save(tmp_path / "c.png")
    study, _ = resolve(codecs={"png": {}}, dataset=pictures, metrics=["psnr"])
    assert plan_study(study, None, dataset=dataset).items == items == ["a.png", "b.png"]
    assert plan_study(study, None).items == ["a.png", "b.png", "c.png"]


def test_a_data_set_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="nowhere is not a directory"):
        plan(f"folder:{tmp_path / 'nowhere'}")
