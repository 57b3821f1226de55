"""Which series a figure shows, and what it calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmark.errors import UsageError, meant
from benchmark.report.figures.appearance import display_name


def series_shown(
    own: Mapping[str, str],
    published: Sequence[str] = (),
    *,
    codecs: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    refs: Sequence[str] | None = None,
) -> dict[str, str]:
    """What a figure calls each series that it shows, by the series' label: those of runs, then published ones.

    Args:
        own: the codec of each series of the runs.
        published: labels of the curves that others published.
        codecs: the codecs or series to show, in this order; None for all.
        names: what to call codecs, series or published curves.
        refs: the published curves to show, by the words that their labels begin with; None for all.

    Raises:
        UsageError: there is no such codec, series or published curve.
    """
    if isinstance(codecs, str):  # each of its letters would be taken for a name
        raise UsageError(f"codecs: expected a list of names, got the text {codecs!r}; write [{codecs!r}]")
    given = names or {}
    known = [*own, *own.values(), *published]
    for name in given:
        if name not in known:
            labels = ", ".join(dict.fromkeys([*own, *published]))
            raise UsageError(f"names: no series {name!r}; there are {labels}{meant(name, known)}")
    for name, text in given.items():
        if not text.strip():
            raise UsageError(f"names: expected a name for {name!r}, got none")
    found = {series: label_of(series, own[series], given) for series in _chosen(own, codecs)}
    taken = {_letters(text) for text in found.values()}
    for label in _references(published, refs):
        text = given.get(label, label)
        # Measured here and published elsewhere are two curves of one codec.
        found[label] = f"{text} (published)" if _letters(text) in taken else text
    return found


def _letters(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _chosen(own: Mapping[str, str], codecs: Sequence[str] | None) -> list[str]:
    if codecs is None:
        return list(own)
    chosen: list[str] = []
    for name in codecs:
        found = [series for series, codec in own.items() if name in (series, codec)]
        if not found:
            few = ", ".join(dict.fromkeys(own.values()))
            did = meant(name, [*own, *own.values()])
            raise UsageError(f"codecs: the results have no {name!r}; they have {few}{did}")
        chosen += found
    return list(dict.fromkeys(chosen))


def _references(published: Sequence[str], refs: Iterable[str] | None) -> list[str]:
    if refs is None:
        return list(published)
    chosen: list[str] = []
    for name in refs:
        found = [label for label in published if label.lower().startswith(name.lower())]
        if not found:
            labels = ", ".join(published) or "none: name their files among the results"
            raise UsageError(f"refs: no published curve begins with {name!r}; there are {labels}")
        chosen += found
    return list(dict.fromkeys(chosen))


def label_of(series: str, codec: str, names: Mapping[str, str]) -> str:
    """What a figure calls a series of a codec, if it calls codecs or series by names that somebody gave."""
    if series in names:
        return names[series]
    return names[codec] + series.removeprefix(codec) if codec in names else display_name(series, codec)
