"""The codec avif."""

from __future__ import annotations

from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import AvifImagePlugin, Image

from benchmark.errors import SettingError, UnsupportedImage
from tests.codecs.classical import codec
from tests.conftest import photo
from tests.needs import installed


# Not by needs(): an import of the plugin takes over Pillow's registries for all tests that follow.
@pytest.mark.skipif(not installed("pillow_avif"), reason="pillow_avif is not installed: extra avif")
def test_avif_encoders_come_from_the_plugin_which_does_not_stay() -> None:
    image = photo(128, 128)
    before = codec("avif").encode(image)
    native = Image.SAVE["AVIF"], Image.OPEN["AVIF"]
    assert native[1][0] is AvifImagePlugin.AvifImageFile
    streams = [codec("avif", encoder=name, subsampling="4:2:0").encode(image) for name in ("aom", "svt", "rav1e")]
    assert len(set(streams)) == 3
    for stream in streams:
        assert np.mean((codec("avif").decode(stream).astype(float) - image) ** 2) < 100
    assert (Image.SAVE["AVIF"], Image.OPEN["AVIF"]) == native
    assert codec("avif").encode(image) == before
    assert codec("avif", encoder="svt", subsampling="4:2:0").encode(image) == streams[1]
    with pytest.raises(SettingError, match="svt takes subsampling 4:2:0 alone"):
        codec("avif", encoder="svt")
    with pytest.raises(UnsupportedImage, match="svt refused an image of 2×2"):
        codec("avif", encoder="svt", subsampling="4:2:0").encode(photo(2, 2))


def test_avif_keeps_grey_grey() -> None:
    decoded = codec("avif").decode(codec("avif").encode(photo(40, 40, 1)))
    if int(version("pillow").partition(".")[0]) < 13:  # it decodes grey as three planes that are alike
        assert (decoded == decoded[..., :1]).all()
    else:
        assert decoded.shape == (40, 40)


def test_avif_decodes_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow has no argument for it: its module variable must still be what its decoder is given."""
    stream = codec("avif").encode(photo(40, 40))
    own: Any = vars(AvifImagePlugin)["_avif"]
    given = []

    def decoder(data: bytes, name: str, threads: int) -> Any:
        given.append(threads)
        return own.AvifDecoder(data, name, threads)

    monkeypatch.setattr(AvifImagePlugin, "_avif", SimpleNamespace(AvifDecoder=decoder))
    assert codec("avif").decode(stream).shape == (40, 40, 3)
    assert given == [1]
