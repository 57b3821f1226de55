"""What is told of plug-ins, as plain values. Here the questions are asked in this process."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmark.errors import PluginError
from benchmark.plugins import codec_class
from benchmark.plugins.answer import answer, codec_facts
from tests.packages import install_package
from tests.strangers import install_codec


def told(kind: str, name: str, value: str, **asked: Any) -> dict[str, Any]:
    parts: list[Mapping[str, Any]] = []
    answer({"kind": kind, "name": name, "value": value, **asked}, parts.append)
    return {key: value for part in parts for key, value in json.loads(json.dumps(part)).items()}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith("stranger_")]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


def test_a_codec_tells_its_settings_version_and_source(site: Path) -> None:
    install_codec(site, "fine")
    found = told("codecs", "fine", "stranger_fine:Stranger")
    assert found["version"] == "stranger 1"
    assert found["facts"]["fields"] == [
        {"name": "q", "kind": "int", "default": 1, "low": 1, "high": 9, "choices": None}
    ]
    assert found["facts"]["grid"] == {"q": [1, 2]}
    assert found["facts"]["knob"] == ["q", 1, 9, True]
    assert not found["facts"]["own_checks"]
    assert set(found["facts"]["overridden"]) == {"version", "encode", "decode", "recognises"}
    assert len(found["source"]) == 16
    assert found["colours"] == {'{"q":1}': {"1": None, "3": None}}


def test_a_library_that_is_missing_is_told_and_not_taken_for_a_fault(site: Path) -> None:
    install_codec(
        site, "lacks", at_version="from benchmark.errors import MissingBackend; raise MissingBackend('get it')"
    )
    install_codec(site, "half", at_version="1 / 0")
    assert told("codecs", "lacks", "stranger_lacks:Stranger")["missing"] == "get it"
    half = told("codecs", "half", "stranger_half:Stranger")["missing"]
    assert half == "half cannot run here: ZeroDivisionError: division by zero"


def test_a_codec_with_checks_of_its_own_makes_them(site: Path) -> None:
    checks = "    def __post_init__(self):\n        if self.q == 7: raise SettingError('not 7')\n"
    install_codec(site, "picky", member=checks)
    found = told("codecs", "picky", "stranger_picky:Stranger", points=[{"q": 7}, {}, {"q": 2}])
    assert found["points"] == [{"wrong": "not 7"}, {"settings": {"q": 1}}, {"settings": {"q": 2}}]


def test_first_bytes_are_recognised(site: Path) -> None:
    install_codec(site, "fine")
    for head, known in ((b"fin", False), (b"fine and more", True)):
        asked = base64.b64encode(head).decode()
        assert told("codecs", "fine", "stranger_fine:Stranger", head=asked) == {"recognises": known}


@pytest.mark.parametrize(
    ("member", "complaint"),
    [
        ("    other: list = None", "setting other: expected the type bool, int, float or str"),
        ("    summary = 5", "fine.summary: expected a text, got 5"),
        ("    lossless_at = {'q': None}", "expected true, false, a number or a text, got None"),
    ],
)
def test_what_is_not_as_the_interface_has_it_is_told(site: Path, member: str, complaint: str) -> None:
    install_codec(site, "fine", member=member)
    with pytest.raises(PluginError, match=complaint):
        told("codecs", "fine", "stranger_fine:Stranger")


@pytest.mark.parametrize("name", ["jpeg", "cvae", "rnn", "learned-wavelet", "avif"])
def test_codecs_of_this_bench_could_tell_all_as_json(name: str) -> None:
    facts = json.loads(json.dumps(codec_facts(codec_class(name))))
    assert [field["name"] for field in facts["fields"]] == list(codec_class(name).from_settings({}).settings)


DATASET = """
from benchmark.dataset import Dataset
from benchmark.errors import MissingData

class Sky(Dataset):
    name, summary, expected = "sky", "clouds", 3
    def items(self):
        if not self.roots or not (self.roots[0] / "sky").exists():
            raise MissingData("no sky")
        return ["a", "b"]
    def load(self, item): ...
    def count(self): return 2
"""


def test_a_data_set_tells_how_many_images_are_here(site: Path, tmp_path: Path) -> None:
    install_package(site, "stranger_sky", DATASET, "datasets", {"sky": "Sky"})
    found = told("datasets", "sky", "stranger_sky:Sky", data_root=str(tmp_path))
    assert (found["facts"]["summary"], found["facts"]["expected"], found["count"]) == ("clouds", 3, None)
    (tmp_path / "sky").mkdir()
    assert told("datasets", "sky", "stranger_sky:Sky", data_root=str(tmp_path))["count"] == 2
    assert "count" not in told("datasets", "sky", "stranger_sky:Sky")


METRICS = """
from benchmark.metric import Metric, MetricFamily

class Hue(MetricFamily):
    name = "hue"
    metrics = (Metric(name="hue", space="colour", title="Hue", definition="hue"), {more})
    def prepare(self, reference, wanted): ...
    def compare(self, prepared, distorted): ...
"""


def test_metrics_tell_their_columns(site: Path) -> None:
    install_package(site, "stranger_hue", METRICS.format(more=""), "metrics", {"hue": "Hue"})
    found = told("metrics", "hue", "stranger_hue:Hue")
    assert [metric["name"] for metric in found["facts"]["metrics"]] == ["hue"]
    assert found["version"] == ""


def test_what_is_no_metric_is_told(site: Path) -> None:
    install_package(site, "stranger_hue", METRICS.format(more="5"), "metrics", {"hue": "Hue"})
    with pytest.raises(PluginError, match="family of metrics 'hue': expected each of metrics to be a Metric, got 5"):
        told("metrics", "hue", "stranger_hue:Hue")
