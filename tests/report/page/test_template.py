"""Pages from templates."""

from __future__ import annotations

import jinja2
import pytest

from benchmark.report.page.template import asset, embedded, rendered

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
