"""The audit of metrics: those that keep their promises, and one that keeps none."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pictures

from benchmark.codec import Image
from benchmark.metric import Channels, Metric, MetricFamily, Promises, Values
from benchmark.metrics.psnr import Psnr
from benchmark.metrics.shared.golden import Golden, digest, spoilt
from benchmark.workflows import audit_metrics as module
from benchmark.workflows.audit_metrics import CHECKS, MetricFinding, audit_metrics, measured
from tests.conftest import ROOT, Run, photo
from tests.packages import install_package

PICTURE = photo(48, 64)

LIAR = """
import os
import re
import numpy as np
from benchmark.metric import Metric, MetricFamily, Promises

class Liar(MetricFamily):
    name = "liar"
    metrics = (
        Metric(name="moody", space="y", title="Moody", definition="changes with threads", by_default=False,
               promises=Promises(worse=())),
    )

    def prepare(self, reference, wanted):
        return None

    def compare(self, prepared, distorted):
        return {"moody_y": np.full(len(distorted), float(os.environ.get("OMP_NUM_THREADS", 0)))}
"""


class Wrong(MetricFamily):
    """The mean of the decoded picture, with promises that it cannot keep."""

    name = "wrong"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="wrong",
            space="y",
            title="Wrong",
            definition="the mean of the decoded picture",
            lowest=0.0,
            highest=50.0,
            promises=Promises(equal=1.0, symmetric=True),
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> None:
        pass

    def compare(self, prepared: None, distorted: Channels) -> dict[str, Values]:
        return {"wrong_y": distorted[:, -1].mean(axis=(1, 2)).astype(np.float64)}


class Raising(Wrong):
    """One that cannot compute anything."""

    name = "raising"

    def compare(self, prepared: None, distorted: Channels) -> dict[str, Values]:
        raise ZeroDivisionError("by nothing")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values of other numbers of threads are computed in this process."""

    def apart(count: int, family: str, metrics: Sequence[Metric], original: Image, other: Image) -> dict[str, float]:
        families: dict[str, Any] = {"psnr": Psnr, "contrast": Contrast, "wrong": Wrong, "raising": Raising}
        return measured(families[family], metrics, original, other)

    monkeypatch.setattr(module, "measured_with_threads", apart)


def audited(monkeypatch: pytest.MonkeyPatch, family: type[MetricFamily], **change: Any) -> MetricFinding:
    """What is found of the last metric of a family, beside the golden values that are given."""
    monkeypatch.setattr(module, "metric_families", lambda: {family.name: family})
    monkeypatch.setattr(module, "golden_values", lambda: change.get("golden", []))
    return audit_metrics([family.metrics[-1].name], PICTURE)[-1]


@pytest.mark.usefixtures("here")
def test_a_metric_that_keeps_its_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = audited(monkeypatch, Psnr)
    assert (finding.column, finding.problems, finding.pixels) == ("psnr_y", (), 48 * 64)
    passed = {check: getattr(finding, check) for check in CHECKS}
    assert passed == {**dict.fromkeys(CHECKS, True), "golden": ""}
    assert isinstance(finding.seconds, float)


@pytest.mark.usefixtures("here")
def test_each_broken_promise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = audited(monkeypatch, Wrong)
    assert {check for check in CHECKS if getattr(finding, check) is False} == {
        *("equal", "symmetric", "worse", "sizes", "grey", "constant")
    }
    told = "\n".join(finding.problems)
    assert "equal: equal pictures of 64×48 have " in told
    assert "symmetric: " in told
    assert "with the pictures exchanged" in told
    assert re.search(r"^worse: (jpeg|blur|noise) of [\d., ]+ gives ", told, re.MULTILINE)
    assert "expected a value of wrong_y from 0 to 50" in told
    assert "constant: equal constant pictures have 60.0" in told
    assert finding.seconds == ""


class Contrast(MetricFamily):
    """The ratio of the contrasts of two pictures: it knows no levels."""

    name = "contrast"
    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            name="contrast",
            space="y",
            title="Contrast",
            definition="ratio of contrasts",
            promises=Promises(equal=1.0, worse=(), levels=False),
        ),
    )

    def prepare(self, reference: Channels, wanted: Sequence[Metric]) -> Channels:
        return reference

    def compare(self, prepared: Channels, distorted: Channels) -> dict[str, Values]:
        one, two = (np.asarray(each[:, -1], np.float64).std(axis=(1, 2)) + 1 for each in (prepared, distorted))
        return {"contrast_y": one / two}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("levels", [False, True])
def test_a_metric_may_know_no_levels_if_it_says_so(monkeypatch: pytest.MonkeyPatch, levels: bool) -> None:
    (metric,) = Contrast.metrics
    promising = replace(metric, promises=replace(metric.promises, levels=levels))
    monkeypatch.setattr(Contrast, "metrics", (promising,))
    told = ("constant: constant pictures of 60 and 190 have 1.0",) if levels else ()
    assert audited(monkeypatch, Contrast).problems == told


@pytest.mark.usefixtures("here")
def test_a_metric_that_raises_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = audited(monkeypatch, Raising)
    assert "equal: ZeroDivisionError: by nothing" in finding.problems
    assert "threads: ZeroDivisionError: by nothing" in finding.problems


def golden(value: float, **change: Any) -> Golden:
    """A value of the picture of the tests, as JPEG of quality 50."""
    other = spoilt(PICTURE, "jpeg", 50)
    told: dict[str, Any] = {
        "column": "psnr_y",
        "dataset": "mine",
        "item": "a",
        "image_sha256": digest(PICTURE),
        "codec": "jpeg",
    }
    told |= {"quality": 50, "pixels_sha256": digest(other), "value": value, "tool": "a tool 1"}
    return Golden(**told | change)


@pytest.mark.usefixtures("here")
def test_golden_values_are_compared_where_the_pictures_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine:
        def load(self, item: str) -> Image:
            return PICTURE[np.newaxis]

    monkeypatch.setattr(module, "open_dataset", lambda name: Mine())
    value = measured(Psnr, Psnr.metrics[-1:], PICTURE, spoilt(PICTURE, "jpeg", 50))["psnr_y"]
    near = audited(monkeypatch, Psnr, golden=[golden(value + 0.001), golden(value - 0.004)])
    assert (near.golden, near.golden_values, near.tools) == (True, 2, "a tool 1")
    assert near.difference == pytest.approx(0.004)
    far = audited(monkeypatch, Psnr, golden=[golden(value + 0.1)])
    assert far.golden is False
    assert "a, jpeg of quality 50: " in far.problems[0]
    assert "but a tool 1 says" in far.problems[0]
    for change, why in (
        ({"image_sha256": "0"}, "golden values: mine/a has other pixels"),
        ({"pixels_sha256": "0"}, "golden values: Pillow's jpeg gives other pixels here"),
    ):
        other = audited(monkeypatch, Psnr, golden=[golden(value, **change)])
        assert (other.golden, other.golden_values, other.notes, other.problems) == ("", 0, (why,), ())


@pytest.mark.usefixtures("here")
def test_golden_values_of_a_data_set_that_is_not_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RDBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    finding = audited(monkeypatch, Psnr, golden=[golden(1.0, dataset="kodak", item="kodim99")])
    assert finding.notes == ("golden values: the data set kodak is not here, see python -m benchmark data",)
    assert finding.problems == ()


@pytest.mark.slow
def test_one_thread_and_two_are_processes_of_their_own(rdbench_process: Run, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install_package(site, "liars", LIAR, "metrics", {"liar": "Liar"})
    Pictures.fromarray(photo(24, 32)).save(tmp_path / "in.png")
    words = ("audit", "--metrics", "moody,psnr", "--image", "in.png", "--out", "a.csv")
    done = rdbench_process(*words, PYTHONPATH=f"{ROOT}{os.pathsep}{site}", check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    found = pd.read_csv(tmp_path / "a.csv", keep_default_na=False).set_index("column")
    assert list(found["threads"][["psnr_rgb", "psnr_y", "moody_y"]].astype(str)) == ["True", "True", "False"]
    assert found["problems"]["moody_y"] == "threads: 1.0, with two threads 2.0"
