"""Sweeps of codecs, also of those that cannot be used."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from benchmark import plugins
from benchmark.errors import PluginError, SettingError, UsageError
from benchmark.run.study import resolve
from benchmark.run.sweeps import leave_knobs, parse_set, sweep_settings


def test_a_sweep_is_a_product() -> None:
    found = sweep_settings("jpeg", {"quality": [5, 10], "optimize": [True, False]})
    assert [(settings["quality"], settings["optimize"]) for settings in found] == [
        (5, True),
        (5, False),
        (10, True),
        (10, False),
    ]
    with pytest.raises(SettingError, match="expected 1 to 100, got 0"):
        sweep_settings("jpeg", {"quality": [0]})


def test_texts_are_read_by_the_codec_that_they_name() -> None:
    assert parse_set("jpeg.quality=5,10..20:5", {"jpeg": "jpeg"}) == ("jpeg", "quality", [5, 10, 15, 20])
    for text, complaint in {
        "jpeg.quality": "expected CODEC.FIELD=VALUE",
        "webp.quality=5": "'webp' is not among those to run: jpeg",
        "wepb.quality=5": "unknown codec 'wepb'",
    }.items():
        with pytest.raises(UsageError, match=complaint):
            parse_set(text, {"jpeg": "jpeg"})


def test_a_match_leaves_the_knob_out() -> None:
    sweeps = {"jpeg": {"quality": [5], "optimize": [True]}}
    leave_knobs(sweeps, ["jpeg.optimize=true"])  # type: ignore[arg-type]
    assert sweeps == {"jpeg": {"optimize": [True]}}


def test_a_codec_that_cannot_be_used_is_kept_beside_others_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = [EntryPoint("x", value, "rdbench.codecs") for value in ("a:X", "b:X")]
    monkeypatch.setattr("benchmark.plugins.points.entry_points", lambda group: claims)
    plugins.forget()
    study, _ = resolve(codecs=["png", "x"], sets=["x.q=1,2"])
    status, reason = study.unusable["x"]
    assert (status, len(study.unusable)) == ("failed", 1)
    assert "two packages claim 'x'" in reason
    assert [point.settings for point in study.operating_points() if point.codec == "x"] == [{"q": 1}, {"q": 2}]
    with pytest.raises(PluginError, match="codec 'x' cannot be used: two packages claim 'x'"):
        resolve(codecs=["x"])
    plugins.forget()
