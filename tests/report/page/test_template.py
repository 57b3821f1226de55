"""Pages from templates."""

from __future__ import annotations

import base64
import io

import jinja2
import numpy as np
import pytest
from PIL import Image

from benchmark.report.page.template import asset, embedded, embedded_pixels, rendered

VALUES = {"title": "<b>a & b</b>", "kind": "kind", "facts": [("<i>", "x")]}


def test_texts_are_escaped_and_the_style_is_not() -> None:
    page = rendered("plain.html", **VALUES)
    assert "<h1>&lt;b&gt;a &amp; b&lt;/b&gt;</h1>" in page and "<dt>&lt;i&gt;</dt>" in page
    assert asset("page.css") in page


def test_a_name_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendered("plain.html", title="a")


def test_a_picture_as_an_address() -> None:
    assert embedded(b"abc", "image/webp") == "data:image/webp;base64,YWJj"


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_pixels_without_loss(shape: tuple[int, ...]) -> None:
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    content = base64.b64decode(embedded_pixels(pixels).removeprefix("data:image/webp;base64,"))
    found = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    assert (found == (pixels if pixels.ndim == 3 else pixels[..., None])).all()
