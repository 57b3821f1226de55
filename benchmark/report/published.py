"""Published figures beside measured ones: a Markdown page from study files and the results of their runs."""

from __future__ import annotations

import itertools
import json
import math
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.analysis.table import dataset_labels, read_summary, series_labels
from benchmark.errors import RecordsError, UsageError, typed_line
from benchmark.record.columns import shortened
from benchmark.record.settings import read_settings
from benchmark.report.published_study import Figure, Published, PublishedRow, SummaryRow
from benchmark.report.tables.text import markdown
from benchmark.report.verdicts import NEAR, SAME, Compared, verdicts
from benchmark.system.documents import read_json

_NONE = "–"

_HOW = """\
Written by `python -m benchmark published` from the study files beside it and the results of their runs.
Unmarked columns are measured, on streams that a decoder was given and nothing else; how the means are taken
stands in every `summary.csv`. A difference is measured minus published. `+` after a commit: files differed."""

_JUDGED = f"""\
Published and ours are means over the values that both have, at the rates that stand below; Δ is the difference of the
means, with the lowest and the highest difference. *Reproduced*: the mean of ours is worse by at most {SAME[0]:g} dB, or
{100 * SAME[1]:g} % of a figure in another unit, or it is better. *Close*: by at most {NEAR[0]:g} dB or
{100 * NEAR[1]:g} %. *Behind*: by more."""


def write_page(studies: Sequence[Published], results: Path) -> str:
    """The page: a section for each study, in their order. The same files give the same text.

    Args:
        studies: as :func:`read_published` gives them.
        results: folder with one of results for each study, called like it; what was not run is said to be so.

    Raises:
        RecordsError: results cannot be read.
        UsageError: the points that a row is interpolated between are no curve.
    """
    parts = [
        "# Published figures and ours",
        _HOW,
        "## Verdicts",
        _verdict_table(studies, results),
        _JUDGED,
        *(_section(study, results / study.name) for study in studies),
    ]
    return "\n\n".join(parts) + "\n"


def _verdict_table(studies: Sequence[Published], results: Path) -> str:
    """A line for each paper, variant of our codec, and figure of quality; why stands in the first line of a paper."""
    lines = []
    for study in studies:
        told, why = study.title, f": {study.why}" if study.why else ""
        for verdict in verdicts(_compared(study, results / study.name)):
            figure = verdict.figure
            apart = _number(verdict.ours - verdict.theirs, f"+{figure.form}")
            if verdict.count > 1:
                apart += " ({} to {})".format(*(_number(end, f"+{figure.form}") for end in verdict.apart))
            lines.append(
                [
                    told,
                    verdict.variant,
                    f"{figure.title}, {verdict.count} of {verdict.total}",
                    _number(verdict.theirs, figure.form),
                    _number(verdict.ours, figure.form),
                    apart,
                    f"**{verdict.word}**{why}",
                ]
            )
            told = why = ""
    header = ["paper", "ours", "metric, values compared", "published", "ours, measured", "Δ", "verdict"]
    return markdown(header, lines, right=(3, 4, 5))


def _compared(study: Published, folder: Path) -> list[Compared]:
    """Every published figure of a study with ours."""
    if study.cross:
        figure = study.figures[study.crossed]
        measured = _crossed_points(study, folder / "cross.csv")
        return [
            Compared(
                "trained as ours",
                study.crossed,
                figure,
                theirs,
                _measured(measured[train, test], figure) if (train, test) in measured else math.nan,
            )
            for train, tests in study.cross.items()
            for test, theirs in tests.items()
        ]
    points = _points(folder)
    return [
        Compared(_variant(row), name, study.figures[name], theirs, _measured(point, study.figures[name]))
        for row in study.rows
        for point, _ in _matched(study, row, points)
        for name, theirs in row.figures.items()
    ]


def _variant(row: PublishedRow) -> str:
    """The codec with the texts among the settings that a row asks for: numbers are those of its operating points."""
    words = [f"{name}={value}" for name, value in row.settings.items() if isinstance(value, str)]
    return " ".join([row.codec, *words])


def _matched(
    study: Published, row: PublishedRow, points: Sequence[SummaryRow]
) -> list[tuple[SummaryRow, Sequence[SummaryRow]]]:
    """What a row is compared with, each with all points that the row selects; one that says why where there is none."""
    found = [point for point in points if row.selects(point)]
    compared: Sequence[SummaryRow] = found
    if row.interpolated and found:
        compared = [_interpolated(study, row, found)]
    elif not found:
        run = any(point["dataset"] == row.dataset for point in points)
        compared = [{"label": row.dataset, "images": "no such row" if run else "not run"}]
    return [(point, found) for point in compared]


def _section(study: Published, folder: Path) -> str:
    words = ["cross", study.path.as_posix()] if study.cross else ["run", "--study", study.path.as_posix()]
    command = shlex.join(["python", "-m", "benchmark", *words, "--out", folder.as_posix()])
    parts = [
        f"## {study.title}",
        f"Source: {study.source}",
        f"Run by `{command}`: {'; '.join(_runs(folder)) or 'not run'}.",
    ]
    tables = []
    if study.rows:
        tables.append(_comparison(study, _points(folder)))
    if study.saving:
        tables.append(_saving_table(study, _points(folder)))
    if study.cross:
        tables.append(_cross_table(study, folder / "cross.csv"))
    folded = ['<details markdown="1"><summary>All figures</summary>', *tables, "</details>"]
    return "\n\n".join([*parts, study.differs, *folded])


def _comparison(study: Published, points: Sequence[SummaryRow]) -> str:
    """The table published | measured | difference of a study's rows."""
    published = {name for row in study.rows for name in row.figures}
    header = ["published as", "data set", "compared with", "images"]
    for name in study.shown:
        figure = study.figures[name]
        header += [f"{figure.title}, published"] * (name in published) + [figure.title]
        header += ["difference (dB)"] * (name in published and figure.unit == "dB")
    if study.reduced:
        less = f"{study.figures[study.reduced].name} less by (%)"
        header += [f"{less}, published", less]
    lines = []
    for row in study.rows:
        against = next((other for other in study.rows if other.label == row.baseline), None) if row.baseline else None
        for point, found in _matched(study, row, points):
            line = [row.label, point["label"], _compared_with(row, point, found), _images(point)]
            for name in study.shown:
                figure = study.figures[name]
                theirs, ours = row.figures.get(name), _measured(point, figure)
                line += [_NONE if theirs is None else str(theirs)] * (name in published)
                line += [_number(ours, figure.form)]
                if name in published and figure.unit == "dB":
                    line += [_NONE if theirs is None else _number(ours - theirs, f"+{figure.form}")]
            if study.reduced:
                line += _reductions(study, row, against, point, points)
            lines.append(line)
    return markdown(header, lines)


def _interpolated(study: Published, row: PublishedRow, points: Sequence[SummaryRow]) -> SummaryRow:
    """The point that a curve has at a published rate, by PCHIP over the rate; one without values outside its range.

    Points that cover fewer images than the others are left out.
    """
    from scipy.interpolate import PchipInterpolator

    curve = pd.DataFrame(points)
    if series_labels(curve).nunique() > 1 or curve["dataset"].nunique() > 1:
        raise UsageError(f"{study.path}: {row.label}: interpolated, but its settings select more than one curve")
    column, rate = study.figures[row.rate].column, row.figures[row.rate]
    curve = curve[(curve["images"] == curve["images"].max()) & curve[column].notna()]
    curve = curve.drop_duplicates(column).sort_values(column)
    rates = curve[column].to_numpy(float)
    if len(rates) < 2 or not rates[0] <= rate <= rates[-1]:
        reach = f"{rates[0]:.3g} to {rates[-1]:.3g}" if len(rates) else "none"
        return {"label": points[0]["label"], "images": f"beyond the measured rates, {reach}"}
    point: dict[str, Any] = {name: curve[name].iloc[0] for name in ("label", "images", "images_attempted")}
    for figure in study.figures.values():
        values = curve[figure.column].to_numpy(float) if figure.column in curve else np.array([math.nan])
        if np.isfinite(values).all():
            point[figure.column] = float(PchipInterpolator(rates, values)(rate))
    return point


def _compared_with(row: PublishedRow, point: SummaryRow, found: Sequence[SummaryRow]) -> str:
    """Codec, the settings that a row asks for and those in which its points differ, target."""
    asked = dict(row.settings)
    if "settings" in point:
        every = [read_settings(other["settings"]) for other in found]
        mine = read_settings(point["settings"])
        asked |= {name: value for name, value in mine.items() if any(other.get(name) != value for other in every)}
    words = [row.codec, *(f"{name}={json.dumps(value).strip(chr(34))}" for name, value in asked.items())]
    words += [row.target] if row.target else []
    return " ".join(words) + (", interpolated" if row.interpolated else "")


def _reductions(
    study: Published,
    row: PublishedRow,
    against: PublishedRow | None,
    point: SummaryRow,
    points: Sequence[SummaryRow],
) -> list[str]:
    """By how much a row has less of a figure than its baseline, published and measured."""
    if against is None:
        return [_NONE, _NONE]
    base = [other for other in points if against.selects(other)]
    if len(base) > 1:
        raise UsageError(f"{row.label}: baseline {against.label!r} selects {len(base)} operating points, not one")
    theirs = 1 - row.figures[study.reduced] / against.figures[study.reduced]
    figure = study.figures[study.reduced]
    ours = 1 - _measured(point, figure) / _measured(base[0], figure) if base else math.nan
    return [_number(100 * theirs, ".1f"), _number(100 * ours, ".1f")]


def _saving_table(study: Published, points: Sequence[SummaryRow]) -> str:
    """What entropy coding saves on each level of an embedded code: its share of the level's nominal bits."""
    nominal_bpp, payload_bpp = study.figures["nominal_bpp"], study.figures["payload_bpp"]
    rates = [(_measured(point, nominal_bpp), _measured(point, payload_bpp)) for point in points]
    curve = [(0.0, 0.0), *sorted(pair for pair in rates if not math.isnan(pair[0]))]
    levels = [(high[0] - low[0], high[1] - low[1]) for low, high in itertools.pairwise(curve)]
    lines = []
    for level, (theirs, ours) in enumerate(itertools.zip_longest(study.saving, levels), 1):
        nominal, coded = ours or (math.nan, math.nan)
        saved = 100 * (1 - coded / nominal) if ours else math.nan
        lines.append(
            [
                str(level),
                _number(nominal, ".4f"),
                _number(coded, ".4f"),
                theirs or _NONE,
                _number(saved, ".1f"),
            ]
        )
    header = ["level", "nominal bpp", "coded bpp", "saved (%), published", "saved (%)"]
    return "What entropy coding saves on each level:\n\n" + markdown(header, lines)


def _cross_table(study: Published, path: Path) -> str:
    """Published / measured (difference) for each data set trained on, a row, and tested on, a column."""
    published, figure = study.cross, study.figures[study.crossed]
    measured = _crossed_points(study, path)
    trained = list(dict.fromkeys([*published, *(pair[0] for pair in measured)]))
    tested = list(dict.fromkeys([name for row in published.values() for name in row] + [pair[1] for pair in measured]))
    lines = []
    for train in trained:
        line = [train]
        for test in tested:
            theirs = published.get(train, {}).get(test)
            cell = f"{_NONE if theirs is None else theirs} / "
            if (train, test) not in measured:
                line.append(f"{cell}not run")
                continue
            ours = _measured(measured[train, test], figure)
            apart = "" if theirs is None else f" ({_number(ours - theirs, f'+{figure.form}')})"
            line.append(f"{cell}{_number(ours, figure.form)}{apart}")
        lines.append(line)
    counts = [sorted({_images(point) for pair, point in measured.items() if pair[1] == test}) for test in tested]
    lines.append(["images", *(", ".join(count) or _NONE for count in counts)])
    what = f"{figure.name} in {figure.unit}" if figure.unit else figure.name
    return f"{what}, published / measured (difference):\n\n" + markdown(["trained on \\ tested on", *tested], lines)


def _crossed_points(study: Published, path: Path) -> dict[tuple[str, str], SummaryRow]:
    """What a table of train and test measured, by the data sets trained on and tested on."""
    measured: dict[tuple[str, str], SummaryRow] = {}
    if path.exists():
        frame = _read(pd.read_csv, path, ("trained_on", "tested_on", study.figures[study.crossed].column, "images"))
        for point in _records(frame):
            pair = (point["trained_on"], point["tested_on"])
            if pair in measured:
                raise RecordsError(f"{path}: more than one row is trained on {pair[0]} and tested on {pair[1]}")
            measured[pair] = point
    return measured


def _points(folder: Path) -> list[SummaryRow]:
    """All operating points of a study's results, whose data sets may have folders below it."""
    needed = ["dataset", "codec", "knob", "settings", "target", "images", "images_attempted", "bpp_mean"]
    points: list[SummaryRow] = []
    for path in sorted(folder.rglob("summary.csv")):
        summary = _read(read_summary, path, needed)
        points += _records(summary.assign(label=summary["dataset"].map(dataset_labels(summary))))
    return points


def _runs(folder: Path) -> list[str]:
    """Day and commit of every run below a folder, each once."""
    found = set()
    for path in folder.rglob("manifest.json"):
        try:
            manifest = read_json(path)
            day, commit = manifest["run"]["started"][:10], manifest["environment"]["commit"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RecordsError(f"{path}: not as a run writes it ({typed_line(error)})") from error
        found.add(f"{day}, commit {commit[:12]}{'+' * commit.endswith('+')}" if commit else f"{day}, commit unknown")
    return sorted(found)


def _read(reader: Any, path: Path, needed: Iterable[str]) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = reader(path)
    except (OSError, ValueError) as error:  # pandas' own errors of parsing are ValueErrors
        raise RecordsError(f"{path}: cannot be read as CSV: {error}") from error
    missing = set(needed) - set(frame.columns)
    if missing:
        raise RecordsError(f"{path}: lacks the column {min(missing)!r}")
    return frame


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _measured(point: SummaryRow, figure: Figure) -> float:
    value = point.get(figure.column, math.nan)
    try:
        return float(value) / figure.divisor
    except (TypeError, ValueError):
        raise RecordsError(f"{figure.column}: expected a number in the results, got {shortened(str(value))}") from None


def _images(point: SummaryRow) -> str:
    """How many images a point covers, and of how many if some failed; or what stands in its place."""
    images = point["images"]
    if isinstance(images, str):
        return images
    attempted = int(point.get("images_attempted", images))
    return f"{int(images)}" if images == attempted else f"{int(images)} of {attempted}"


def _number(value: float, form: str) -> str:
    if math.isnan(value):
        return _NONE
    return format(value, form).replace("-", "−").replace("inf", "∞")
