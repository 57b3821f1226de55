"""Pages from their templates: texts are escaped, and a name that a template does not get is an error."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import numpy.typing as npt

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


def embedded_pixels(pixels: npt.NDArray[np.uint8]) -> str:
    """Pixels as an address that holds them as WebP without loss.

    Args:
        pixels: (H, W, 3) or (H, W).
    """
    from PIL import Image

    stream = io.BytesIO()
    # Within 5 % of the smallest that the format allows, in a hundredth of the time.
    Image.fromarray(pixels).convert("RGB").save(stream, "webp", lossless=True, quality=25, method=3, exact=True)
    return embedded(stream.getvalue(), "image/webp")
