"""Outlines: what is known of a codec without its import, and the work that it hands on."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from benchmark.codec import Knob, setting_types
from benchmark.errors import MissingBackend, PluginError, SettingError
from benchmark.metric import Metric, Promises
from benchmark.plugins import codec_class
from benchmark.plugins.answer import codec_facts
from benchmark.plugins.outline import Answer, answer_of, codec_outline, family_outline, loaded_codec, point_of
from benchmark.run.measure import with_knob
from tests.conftest import photo
from tests.strangers import install_codec

POINT = EntryPoint("fine", "stranger_fine:Stranger", "rdbench.codecs")
FACTS = {
    "fields": [
        {"name": "q", "kind": "int", "default": 1, "low": 1, "high": 9, "choices": None},
        {"name": "mode", "kind": "str", "default": None, "low": None, "high": None, "choices": ["a", "b"]},
    ],
    "grid": {"q": [1, 2], "mode": ["a"]},
    "knob": ["q", 1, 9, False],
    "channels": [3],
    "endings": [".fine"],
    "overridden": [],
}


def test_it_has_settings_sweep_and_knob_without_the_import() -> None:
    cls = codec_outline(POINT, Answer(FACTS, "stranger 1", source="abc"))
    assert (cls.name, cls.version(), cls.channels, cls.endings) == ("fine", "stranger 1", (3,), (".fine",))
    assert cls.knob == Knob("q", 1, 9, increasing=False)
    assert setting_types(cls) == {"q": int, "mode": str}
    codec = cls.from_settings({"mode": "b"})
    assert codec.settings == {"q": 1, "mode": "b"}
    assert with_knob(codec, 2) == cls.from_settings({"q": 2, "mode": "b"})
    assert codec.weights_digest() == ""
    for wrong in ({"q": 10, "mode": "a"}, {"mode": "c"}, {"other": 1, "mode": "a"}):
        with pytest.raises(SettingError):
            cls.from_settings(wrong)
    assert (point_of(cls), answer_of(cls).source) == (POINT, "abc")
    assert "stranger_fine" not in sys.modules


def test_a_missing_library_is_told_as_by_any_codec() -> None:
    with pytest.raises(MissingBackend, match="get it"):
        codec_outline(POINT, Answer(FACTS, missing="get it")).version()


def test_one_that_told_nothing_takes_any_setting() -> None:
    cls = codec_outline(POINT, Answer(status="crashed", reason="gone"))
    assert cls.from_settings({}).settings_json == "{}"
    assert [cls.parse_setting("q", text) for text in ("5", "0.5", "fast")] == [5, 0.5, "fast"]
    assert cls.from_settings({"q": 5, "mode": "fast"}).settings_json == '{"mode":"fast","q":5}'
    with pytest.raises(SettingError, match="expected true, false, a number or a text, got None"):
        cls.from_settings({"q": None})


def test_work_is_done_by_the_codec_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_codec(tmp_path, "fine")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "stranger_fine", raising=False)
    loaded_codec.cache_clear()
    real = loaded_codec(POINT)
    cls = codec_outline(POINT, Answer(codec_facts(real), real.version()))
    image, codec = photo(8, 9), cls.from_settings({"q": 2})
    stream = codec.encode(image)
    assert stream == real.from_settings({"q": 2}).encode(image) == codec.encode_batch(image[np.newaxis])[0]
    assert np.array_equal(cls.decode(stream), image)
    assert np.array_equal(cls.decode_batch([stream])[0], image)
    assert cls.recognises(stream)
    assert (codec.overhead(stream), codec.device(), codec.colour_path(3)) == (0, "cpu", None)
    assert [codec.complexity(8, 9, 3), codec.nominal_bits(stream), codec.account(stream)] == [None] * 3
    with pytest.raises(PluginError):
        loaded_codec(EntryPoint("fine", "no_such_module:X", "rdbench.codecs"))


@pytest.mark.parametrize("name", ["jpeg", "avif", "png", "rnn"])
def test_an_outline_of_a_codec_of_this_bench_says_what_the_codec_says(name: str) -> None:
    real = codec_class(name)
    cls = codec_outline(EntryPoint(name, "a:b", "rdbench.codecs"), Answer(codec_facts(real)))
    assert cls.from_settings({}).settings == real.from_settings({}).settings
    assert {field: tuple(values) for field, values in real.grid.items()} == cls.grid
    same = ("knob", "lossless_at", "embedded", "endings", "channels", "photographs", "undetected", "stream_format")
    assert all(getattr(cls, word) == getattr(real, word) for word in same)


def test_a_family_has_its_metrics() -> None:
    promises = Promises(equal=math.inf, symmetric=True, worse=("blur",))
    metric = Metric(
        name="hue", space="colour", title="Hue", definition="hue", groups=("perceptual",), promises=promises
    )
    point = EntryPoint("hue", "stranger_hue:Hue", "rdbench.metrics")
    facts = {"metrics": json.loads(json.dumps([dataclasses.asdict(metric)])), "order": 7}
    family = family_outline(point, Answer(facts, "hue 1"))
    assert hash(family.metrics[0]) == hash(metric)
    assert (family.name, family.metrics, family.order, family.version()) == ("hue", (metric,), 7, "hue 1")
    with pytest.raises(MissingBackend, match="it took longer"):
        family_outline(point, Answer(facts, status="timeout", reason="it took longer")).version()
    with pytest.raises(PluginError, match="gone"):
        family_outline(point, Answer(status="crashed", reason="gone"))
