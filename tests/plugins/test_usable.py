"""Whether a codec can be used, and at which settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark import plugins
from benchmark.errors import PluginError, SettingError
from benchmark.plugins.usable import checked_settings, is_learned, trouble_of
from tests.strangers import install_codec


def test_nothing_is_known_against_codecs_of_this_bench() -> None:
    assert trouble_of("jpeg") is None
    assert is_learned(plugins.codec_class("cvae"))
    assert not is_learned(plugins.codec_class("jpeg"))
    jpeg = plugins.codec_class("jpeg")
    assert [found["quality"] for found in checked_settings(jpeg, [{"quality": 5}, {}])] == [5, 75]
    with pytest.raises(SettingError, match="expected 1 to 100, got 0"):
        checked_settings(jpeg, [{"quality": 0}])


def test_a_program_that_does_not_tell_its_version_is_trouble(tmp_path: Path) -> None:
    words = 'encode = ["false", "{input}", "{output}"]\ndecode = ["false", "{input}", "{output}"]\nversion = ["true"]\n'
    (tmp_path / "mute.toml").write_text(f'name = "mute"\n{words}')
    assert trouble_of(str(tmp_path / "mute.toml")) == ("failed", "true told no version")


@pytest.mark.slow
def test_a_stranger_checks_its_settings_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = (
        "    def __post_init__(self):\n"
        "        if self.q == 7: raise SettingError('not 7')\n"
        "        if self.q == 8: os._exit(8)\n"
        "        if self.q == 9: object.__setattr__(self, 'q', 1)\n"
    )
    install_codec(tmp_path, "picky", member=checks)
    monkeypatch.syspath_prepend(tmp_path)
    plugins.forget()
    picky = plugins.codec_class("picky")
    assert [*checked_settings(picky, [{"q": 2}, {"q": 9}])] == [{"q": 2}, {"q": 1}]
    with pytest.raises(SettingError, match="not 7"):
        checked_settings(picky, [{"q": 2}, {"q": 7}])
    with pytest.raises(PluginError, match="codec 'picky' cannot be used: it ended the process with exit code 8"):
        checked_settings(picky, [{"q": 8}])
