"""Pages from their templates: texts are escaped, and a name that a template does not get is an error."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import jinja2

_ASSETS = Path(__file__).parent / "assets"


def rendered(template: str, **values: Any) -> str:
    """A page, with the style that all pages share as ``style``.

    Args:
        template: name of the template's file.
        values: what the template shows.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ASSETS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(style=asset("page.css"), **values)


def asset(name: str) -> str:
    """The text of a style or script, to stand in a page."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def embedded(content: bytes, kind: str) -> str:
    """A picture as an address that holds it, such as ``data:image/svg+xml;base64,…``.

    Args:
        content: the bytes of its file.
        kind: its media type, such as ``image/webp``.
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
