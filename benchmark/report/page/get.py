"""What a page offers to take along: the files of its report, and how to cite it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from benchmark.report.content import Report

_FORMS = {"csv": "CSV", "tex": "TeX", "md": "Markdown", "pdf": "PDF", "svg": "SVG", "png": "PNG", "webp": "WebP"}
"""Endings of files in the order in which they are linked, with what readers call them."""


def linked(files: Iterable[Path], folder: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """Links to files, those of one table or figure together.

    Args:
        files: the files; those that are no table or figure are left out.
        folder: the folder of the page, which they are below.

    Returns:
        Names, each with the relative addresses and the forms of its files; the tables first.
    """
    groups: dict[str, dict[str, str]] = {}
    for file in files:
        ending = file.suffix.removeprefix(".")
        if ending in _FORMS:
            place = file.relative_to(folder)
            groups.setdefault(place.with_suffix("").as_posix(), {})[ending] = quote(place.as_posix())
    ordered = sorted(groups.items(), key=lambda group: ("tex" not in group[1], group[0]))
    return [(name, [(own[form], told) for form, told in _FORMS.items() if form in own]) for name, own in ordered]


def bibtex(report: Report) -> str:
    """An entry of BibTeX for a report: its title, the versions of the bench, and the day of the last of its runs."""
    runs = report.manifests.values()
    day = max((str(manifest.get("run", {}).get("started", ""))[:10] for manifest in runs), default="")
    versions = sorted({str(manifest.get("environment", {}).get("rdbench", "")) for manifest in runs} - {""})
    title = report.title.translate({ord(sign): f"\\{sign}" for sign in "{}&%#_$"})
    fields = {
        "title": f"{{{title}}}",
        "author": "{The rdbench developers}",
        "howpublished": f"Report of rdbench {' and '.join(versions)}".rstrip(),
        "year": day[:4],
        "note": f"Measured on {day}" if day else "",
    }
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join(["@misc{rdbench-report,", *lines, "}"])
