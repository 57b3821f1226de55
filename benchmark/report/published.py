"""Published figures beside measured ones: a Markdown page from study files and the results of their runs."""

from __future__ import annotations

import itertools
import json
import math
import shlex
from collections.abc import Sequence
from pathlib import Path

from benchmark.errors import UsageError
from benchmark.record.settings import read_settings
from benchmark.report.figures.chart import write
from benchmark.report.figures.published import Beside, PublishedChart, published_chart
from benchmark.report.figures.style import WIDTHS
from benchmark.report.published_points import compared, crossed_points, matched, measured_value, points_of, runs_below
from benchmark.report.published_study import Figure, Published, PublishedRow, SummaryRow
from benchmark.report.tables.text import markdown
from benchmark.report.verdicts import NEAR, SAME, best_figure, verdicts

_NONE = "–"

MOST = 7
"""Columns of a table, at most: more have no room beside each other."""

_CELLS = "Published / measured (difference); what stands alone is measured."

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


def write_figures(studies: Sequence[Published], results: Path, folder: Path) -> list[Path]:
    """Writes the figure of each study that has any value of ours, as :func:`write_page` names it.

    Args:
        studies, results: see :func:`write_page`.
        folder: the folder of the page.

    Returns:
        The files written.
    """
    files = []
    for study in studies:
        if chart := chart_of(study, results / study.name):
            width = WIDTHS["single" if chart.by_rate else "double"]  # names of rows are long
            files += write([chart], folder / study.name, width=width, forms=("svg",))
    return files


def chart_of(study: Published, folder: Path) -> PublishedChart | None:
    """The figure of a study: the figure of quality that most published values are of; none without any of ours."""
    pairs = compared(study, folder)
    name = best_figure(pairs)
    shown = [one for one in pairs if one.name == name]
    values = [
        Beside(one.group, one.place, one.theirs, one.ours if math.isfinite(one.ours) else math.nan, one.rates)
        for one in shown
    ]
    return published_chart(values, shown[0].figure.title if shown else "")


def _verdict_table(studies: Sequence[Published], results: Path) -> str:
    """A line for each paper, variant of our codec, and figure of quality; why stands in the first line of a paper."""
    lines = []
    for study in studies:
        told, why = study.title, f": {study.why}" if study.why else ""
        for verdict in verdicts(compared(study, results / study.name)):
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


def _section(study: Published, folder: Path) -> str:
    words = ["cross", study.path.as_posix()] if study.cross else ["run", "--study", study.path.as_posix()]
    command = shlex.join(["python", "-m", "benchmark", *words, "--out", folder.as_posix()])
    parts = [
        f"## {study.title}",
        f"Source: {study.source}",
        f"Run by `{command}`: {'; '.join(runs_below(folder)) or 'not run'}.",
    ]
    tables = []
    if study.rows:
        tables.append(_comparison(study, points_of(folder)))
    if study.saving:
        tables.append(_saving_table(study, points_of(folder)))
    if study.cross:
        tables.append(_cross_table(study, folder / "cross.csv"))
    shown = [f"![{study.title}: published and ours]({study.name}.svg)"] if chart_of(study, folder) else []
    folded = ['<details markdown="1"><summary>All figures</summary>', *tables, "</details>"]
    return "\n\n".join([*parts, study.differs, *shown, *folded])


def _comparison(study: Published, points: Sequence[SummaryRow]) -> str:
    """Published / measured (difference) of a study's rows: several tables where one had more than :data:`MOST`."""
    columns: dict[str, list[str]] = {study.figures[name].title: [] for name in study.shown}
    if study.reduced:
        less = f"{study.figures[study.reduced].name} less by (%)"
        columns[less] = []
    heads = []
    for row in study.rows:
        against = next((other for other in study.rows if other.label == row.baseline), None) if row.baseline else None
        for point, found in matched(study, row, points):
            heads.append([row.label, _compared_with(row, point, found)])
            for name in study.shown:
                figure = study.figures[name]
                columns[figure.title].append(_pair(row.figures.get(name), measured_value(point, figure), figure))
            if study.reduced:
                columns[less].append(" / ".join(_reductions(study, row, against, point, points)))
    names = list(columns)
    parts = math.ceil(len(names) / (MOST - 2))
    tables = []
    for part in (names[len(names) * place // parts : len(names) * (place + 1) // parts] for place in range(parts)):
        lines = [[*head, *(columns[name][place] for name in part)] for place, head in enumerate(heads)]
        tables.append(markdown(["published as", "compared with", *part], lines, right=range(2, 2 + len(part))))
    return "\n\n".join([_CELLS, *tables])


def _pair(theirs: float | None, ours: float, figure: Figure) -> str:
    """A published figure and ours, with the difference where both are decibels; ours alone where none is published."""
    measured = _number(ours, figure.form)
    if theirs is None:
        return measured
    apart = f" ({_number(ours - theirs, f'+{figure.form}')})" if figure.unit == "dB" and not math.isnan(ours) else ""
    return f"{theirs} / {measured}{apart}"


def _compared_with(row: PublishedRow, point: SummaryRow, found: Sequence[SummaryRow]) -> str:
    """Codec, the settings that a row asks for and those in which its points differ, target, data set and images."""
    asked = dict(row.settings)
    if "settings" in point:
        every = [read_settings(other["settings"]) for other in found]
        mine = read_settings(point["settings"])
        asked |= {name: value for name, value in mine.items() if any(other.get(name) != value for other in every)}
    words = [row.codec, *(f"{name}={json.dumps(value).strip(chr(34))}" for name, value in asked.items())]
    words += [row.target] if row.target else []
    told = [" ".join(words), *(["interpolated"] if row.interpolated else []), str(point["label"]), _images(point)]
    return ", ".join(told)


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
    ours = 1 - measured_value(point, figure) / measured_value(base[0], figure) if base else math.nan
    return [_number(100 * theirs, ".1f"), _number(100 * ours, ".1f")]


def _saving_table(study: Published, points: Sequence[SummaryRow]) -> str:
    """What entropy coding saves on each level of an embedded code: its share of the level's nominal bits."""
    nominal_bpp, payload_bpp = study.figures["nominal_bpp"], study.figures["payload_bpp"]
    rates = [(measured_value(point, nominal_bpp), measured_value(point, payload_bpp)) for point in points]
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
    measured = crossed_points(study, path)
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
            ours = measured_value(measured[train, test], figure)
            apart = "" if theirs is None else f" ({_number(ours - theirs, f'+{figure.form}')})"
            line.append(f"{cell}{_number(ours, figure.form)}{apart}")
        lines.append(line)
    counts = [
        sorted({_images(point).removesuffix(" images") for pair, point in measured.items() if pair[1] == test})
        for test in tested
    ]
    lines.append(["images", *(", ".join(count) or _NONE for count in counts)])
    what = f"{figure.name} in {figure.unit}" if figure.unit else figure.name
    return f"{what}, published / measured (difference):\n\n" + markdown(["trained on \\ tested on", *tested], lines)


def _number(value: float, form: str) -> str:
    if math.isnan(value):
        return _NONE
    return format(value, form).replace("-", "−").replace("inf", "∞")


def _images(point: SummaryRow) -> str:
    """How many images a point covers, and of how many if some failed; or what stands in its place."""
    images = point["images"]
    if isinstance(images, str):
        return images
    attempted = int(point.get("images_attempted", images))
    return f"{int(images):,} images" if images == attempted else f"{int(images):,} of {attempted:,} images"
