"""What the command line shows: tables and closing lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmark.cli.console import complain, open_console, say, say_note
from benchmark.cli.tables import table_of
from benchmark.errors import counted
from benchmark.metric import find_metric
from benchmark.record.columns import formatted
from benchmark.record.settings import read_settings
from benchmark.run.finish import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from rich.console import Console

    from benchmark.analysis.regression.compare import Comparison
    from benchmark.workflows.audit import Finding
    from benchmark.workflows.audit_metrics import MetricFinding
    from benchmark.workflows.verify import Check


_FILES = 20
"""Files of a data set that are named where a run could not use them."""


def print_outcome(outcome: Outcome) -> None:
    """The summary of a run as a table, then what failed and where the results are."""
    console = open_console()
    if outcome.statuses and (outcome.folder / "summary.csv").exists():
        _print_points(console, outcome.folder)
    for codec, (count, reason) in outcome.failures.items():
        complain(f"{codec}: {counted(count, 'row')} failed, the first: {reason.removeprefix(f'{codec}: ')}")
    for target, (count, nearest) in outcome.unreached.items():
        console.print(f"{target}: {counted(count, 'row')} unreachable, the first: {nearest}", soft_wrap=True)
    _print_files(console, outcome)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(outcome.statuses.items())) or "none"
    console.print(f"rows: {counts}; {outcome.reused} of them from an earlier run")
    for reason, count in outcome.again.items():
        console.print(f"made again: {counted(count, 'row')} of {reason}", soft_wrap=True)
    if outcome.unchecked:
        console.print(
            f"unchecked: {counted(outcome.unchecked, 'row')} from before the code of a codec was recorded: taken to be "
            "of the present code; --fresh makes all rows anew",
            soft_wrap=True,
        )
    if outcome.disturbed:
        console.print(
            f"disturbed: {counted(outcome.disturbed, 'row')} while timed: no table of times takes them; the same "
            "command, on a machine that does nothing else, times them again",
            soft_wrap=True,
        )
    for image, codecs in outcome.seen.items():
        names = ", ".join(codecs)
        told = f"warning: {image} is nearly an image that {names} trained on: their figures there say too much"
        console.print(told, soft_wrap=True)
    if outcome.others:
        console.print(f"note: {outcome.others}", soft_wrap=True)
    if outcome.interrupted:
        console.print("interrupted: everything finished is stored; the same command goes on from here")
    console.print(f"results: {outcome.folder}", soft_wrap=True)
    if outcome.nothing:
        complain(outcome.nothing)


def _print_points(console: Console, folder: Path) -> None:
    """The operating points of a summary as tables, and what to know of them."""
    from benchmark.workflows.outputs import shown_points

    shown = shown_points(folder)
    for points in shown.tables:
        table = table_of(*points.columns, numbers=points.numbers, drop=points.drop)
        table.title = points.title
        for row in points.rows:
            table.add_row(*row)
        table.print()
    for text in shown.notes:
        console.print(f"warning: {text}", soft_wrap=True)


def _print_files(console: Console, outcome: Outcome) -> None:
    """Files that the data set could not give, and those that are none of it."""
    for name, reason in list(outcome.unusable.items())[:_FILES]:
        head, _, why = reason.partition(": ")  # which names the file by its path
        console.print(f"skipped {name}: {why if name in head else reason}", soft_wrap=True, markup=False)
    if len(outcome.unusable) > _FILES:
        console.print(f"skipped {counted(len(outcome.unusable) - _FILES, 'more file')}: the records have the reasons")
    if outcome.passed_over:
        console.print(f"passed over, as files that are not read: {outcome.passed_over}", soft_wrap=True, markup=False)


def print_cross(table: pd.DataFrame, metrics: Sequence[str]) -> None:
    """The train × test table of each metric, over RGB where it is defined there."""
    from benchmark.plugins import all_metrics

    for name in metrics:
        metric = find_metric(all_metrics(), name)
        values = table.pivot(index="trained_on", columns="tested_on", values=f"{metric.column}_mean")
        columns = list(dict.fromkeys(table["tested_on"]))
        shown = table_of("trained on", *columns, numbers=columns)
        shown.title = f"{name}, tested on"
        for trained_on in dict.fromkeys(table["trained_on"]):
            shown.add_row(
                trained_on, *(formatted(values.loc[trained_on, name], f"{{:.{metric.digits}f}}") for name in columns)
            )
        shown.print()


_PROSE = frozenset({"reason", "flags", "largest changes"})
"""Columns of a comparison whose texts may be broken between words."""

_SPARE = ("allowed", "p", "pairs", "points", "data set", "change", "stream", "column")
"""Columns of a comparison that a narrow terminal can do without, the first one first."""


def print_comparison(comparison: Comparison) -> None:
    """What became of a run against its baseline: the verdict first."""
    from benchmark.report.compare_sections import closing, headline, sections

    console = open_console()
    style = {"worse": "bold red", "not comparable": "bold red", "better": "bold green"}.get(comparison.verdict, "bold")
    console.print(": ".join([headline(comparison), *comparison.obstacles]), style=style, soft_wrap=True)
    if comparison.obstacles:
        return
    for section in sections(comparison):
        if section.folded:
            continue
        table = table_of(*section.header, drop=_SPARE, prose=_PROSE & set(section.header))
        table.title = section.title
        for line in section.lines:
            table.add_row(*line)
        table.print()
        for text in section.closing:
            console.print(text, soft_wrap=True)
    for text in closing(comparison):
        console.print(text, soft_wrap=True)


def print_audit(findings: Sequence[Finding]) -> None:
    """What an audit found, and below it the promises that were broken."""
    from benchmark.plugins import codec_class

    table = table_of(
        "codec",
        "finest",
        "matrix",
        "range",
        "chroma",
        "bits",
        "converted by",
        "PSNR",
        "ceiling",
        "lossless",
        "header B",
        "of 1×1",
        "threads",
        "same bytes",
        drop=["of 1×1", "header B", "bits", "range", "threads", "matrix", "converted by", "chroma", "finest"],
    )
    for finding in findings:
        figures = [formatted(value, "{:.2f}").replace("inf", "∞") for value in (finding.psnr, finding.ceiling)]
        knob = codec_class(finding.codec).knob
        end = f"{knob.field}={read_settings(finding.settings)[knob.field]:g}" if knob else ""
        same = {True: "yes", False: "no", "": ""}[finding.deterministic]
        cells = (
            finding.matrix,
            finding.range,
            finding.subsampling,
            finding.depth,
            finding.by,
            *figures,
            finding.lossless,
            finding.overhead,
            finding.overhead_1x1,
            finding.threads,
            same,
        )
        table.add_row(finding.codec, end, *(str(cell) if cell != "" else "–" for cell in cells))
    table.print()
    for finding in findings:
        for problem in finding.problems:
            complain(f"{finding.codec}: {problem.removeprefix(f'{finding.codec}: ')}")


def print_checks(checks: Sequence[Check]) -> None:
    """How many rows of each codec were found to be what, and below it the first reasons of those that are not right."""
    from benchmark.workflows.verify import BROKEN, NEAR, NOT_KEPT, UNKEPT, VERDICTS

    table = table_of("codec", "rows", *VERDICTS, numbers=("rows", *VERDICTS), drop=(NOT_KEPT, NEAR))
    for codec in dict.fromkeys(check.codec for check in checks):
        counts = Counter(check.verdict for check in checks if check.codec == codec)
        table.add_row(codec, str(counts.total()), *(str(counts[verdict] or "–") for verdict in VERDICTS))
    table.print()
    for codec in dict.fromkeys(check.codec for check in checks if check.verdict in BROKEN):
        first = next(check for check in checks if check.codec == codec and check.verdict in BROKEN)
        complain(f"{codec}: {first.image}, {first.settings}: {first.reason}")
    unkept = [check for check in checks if check.verdict == NOT_KEPT]
    if unkept:
        first = next((check for check in unkept if check.reason != UNKEPT), unkept[0])
        say(
            f"not checked: {len(unkept)} of {counted(len(checks), 'row')}, such as {first.codec}: {first.image}, "
            f"{first.settings}: {first.reason}"
        )


def print_metric_audit(findings: Sequence[MetricFinding]) -> None:
    """What an audit of metrics found, and below it the promises that were broken, and what could not be checked."""
    from benchmark.workflows.audit_metrics import CHECKS

    table = table_of(
        *("metric", *CHECKS, "values", "difference", "ms", "by"),
        drop=["by", "ms", "values", "threads", "constant", "sizes", "grey", "symmetric"],
        prose=["by"],
    )
    words = {True: "yes", False: "no", "": "–"}
    for finding in findings:
        table.add_row(
            finding.column,
            *(words[getattr(finding, check)] for check in CHECKS),
            str(finding.golden_values or "–"),
            f"{finding.difference:.1g}" if finding.golden_values else "–",
            f"{1000 * finding.seconds:.0f}" if isinstance(finding.seconds, float) else "–",
            finding.version.partition(",")[0] or "this bench",
        )
    table.print()
    for finding in findings:
        for problem in finding.problems:
            complain(f"{finding.column}: {problem}")
    for note in dict.fromkeys(note for finding in findings for note in finding.notes):
        say_note(note)
