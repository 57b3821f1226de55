"""What made the rows of a codec, and what of it became another: libraries, weights, code."""

from __future__ import annotations

from collections.abc import Collection

MOST_WEIGHTS = 3
"""Files of weights that are named; more are counted."""

Maker = tuple[str, str, str]
"""Version, weights and source, as records have them."""


def change_of(before: Collection[Maker], after: Collection[Maker]) -> str:
    """What makers have in place of others, such as ``Pillow 12.0 → Pillow 13.0``; empty where nothing changed.

    Args:
        before, after: all makers of a codec's rows on each side. Where one side does not tell its source, nothing is
            known to have changed of it.
    """
    told = all(source for _, _, source in (*before, *after))
    was, now = (
        dict.fromkeys(part for maker in makers for part in _parts(*maker, told=told)) for makers in (before, after)
    )
    gone, fresh = ([part for part in one if part not in other] for one, other in ((was, now), (now, was)))
    if not gone and not fresh:
        return ""
    if not gone and all(_is_code(part) for part in fresh) and any(_is_code(part) for part in was):
        return f"some rows by {_listed(fresh)}"
    return f"{_listed(gone)} → {_listed(fresh)}"


def _parts(version: str, weights: str, source: str, *, told: bool) -> list[str]:
    """The libraries that a version names, the weights, and the code where both sides tell it."""
    return [
        *(part for part in version.split(", ") if part),
        *([f"weights {weights}"] if weights else []),
        *([f"code {source[:8]}"] if told else []),
    ]


def _is_code(part: str) -> bool:
    return part.startswith("code ")


def _listed(parts: Collection[str]) -> str:
    weights = [part for part in parts if part.startswith("weights ")]
    if len(weights) > MOST_WEIGHTS:
        parts = [*(part for part in parts if part not in weights), f"{len(weights)} files of weights"]
    return ", ".join(parts) or "nothing"
