"""Tables of plug-ins: what comes from the code."""

from __future__ import annotations

from scripts.docs.plugins import codec_extras, codec_sections, prose, settings


def test_extras_are_those_that_codecs_ask_for() -> None:
    extras = codec_extras()
    assert extras["jpeg"] == ""
    assert extras["jpegli"] == "jpegli"
    assert extras["vvc"] == "vvc"
    assert extras["jxl"] == "imagecodecs"
    assert extras["rnn"] == "neural"


def test_a_section_has_settings_sweep_and_knob() -> None:
    section = codec_sections("webp", level="3")
    assert section.startswith("### `webp`\n")
    assert "| `quality` | `75` | 0 to 100 |" in section
    assert "The knob is `quality`, 0 to 100; the rate rises with it. It needs no extra." in section


def test_a_codec_without_settings_says_so() -> None:
    assert settings("qoi") == "It has no settings."


def test_roles_become_code() -> None:
    assert prose("See :class:`Hevc <benchmark.plugins.codecs.hevc.Hevc>` and :meth:`prefix`, ``x``.") == (
        "See `Hevc` and `prefix`, `x`."
    )
