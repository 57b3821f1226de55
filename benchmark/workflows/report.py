"""A report: tables and figures of the numbers, and pictures, for which images are encoded again."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.analysis.measured import read_manifests
from benchmark.defaults import RATE
from benchmark.errors import NoRows
from benchmark.metric import Metric
from benchmark.plugins import all_metrics
from benchmark.report.build import collect, write_methods, write_tables
from benchmark.report.content import Report, View
from benchmark.report.drawings import Drawing, drawings, picture_drawings
from benchmark.report.figures.picture import Picture
from benchmark.report.figures.style import CHARTS, PICTURES, checked_forms
from benchmark.report.page.html import write_html
from benchmark.report.page.nothing import write_nothing
from benchmark.report.page.see import remove_assets, whole_view
from benchmark.system.environment import thread_environment, variables
from benchmark.system.files import make_folder
from benchmark.system.leftovers import leave_alone, remove_leftovers
from benchmark.system.pool import Pool, process_pool
from benchmark.workflows.crops import parse_box
from benchmark.workflows.pictures import check_boxes, show


@dataclass(frozen=True)
class Look:
    """How a report looks.

    Attributes:
        metrics: names, the first in BD-rates and pictures, each with its curves; None for all, of whose curves each
            metric has but those over one space: RGB, or luma where it is over nothing else.
        forms: the file formats of all figures; None draws charts and pictures each in a format of its own.
        single: whether charts are drawn as wide as one column of a paper, too.
        log_rate: whether rates are drawn on a logarithmic axis.
        pictures: how many images of each data set are shown.
        crops: the crops to show in their place, as texts IMAGE:X,Y,W,H.
        rate: the rate at which codecs are compared, in bits per pixel; None for the default.
        assets: how many images of each data set are shown as a whole, in files beside the page.
    """

    metrics: Sequence[str] | None = None
    forms: Sequence[str] | None = None
    single: bool = False
    log_rate: bool = False
    pictures: int = 2
    crops: Sequence[str] = ()
    rate: float | None = None
    assets: int = 0


def write_report(
    results: Sequence[Path],
    folder: Path,
    look: Look,
    *,
    anchor: str | None,
    data_root: Path | None,
    jobs: int,
    command: str,
    times: Sequence[Path] = (),
) -> tuple[Report, list[Path]]:
    """Writes figures, tables and the page of a report.

    Args:
        results: results folders, their CSV files, and files of others' curves.
        folder: the folder of the report.
        look: how the report looks.
        anchor: a series, or a codec that has but one, to compare with; None for the default.
        data_root: folder that holds data sets, searched first.
        jobs: workers.
        command: the command that writes the report.
        times: results of runs with ``--timing``, see :func:`benchmark.report.build.collect`.

    Returns:
        The report, and the files written.

    Raises:
        NoRows: results have no rows; a page that says so was written.
        UsageError, RecordsError: see :func:`benchmark.report.build.collect`, :func:`benchmark.workflows.pictures.show`.
    """
    boxes = [parse_box(text) for text in look.crops]
    charts, photographs = (CHARTS, PICTURES) if look.forms is None else [checked_forms(look.forms)] * 2
    with variables(thread_environment(1)), process_pool(jobs) as pool:
        try:
            content = collect(
                results,
                all_metrics(),
                anchor,
                chosen=look.metrics,
                rate=look.rate or RATE,
                command=command,
                times=times,
            )
        except NoRows as error:
            page = _nothing(error, results, folder, command)
            raise NoRows(f"{error}. {page.as_posix()} says so, too") from error
        check_boxes(boxes, content.results.records)  # before an earlier report is changed
        remove_leftovers(make_folder(folder))
        # Encoding waits for the slowest codec: the figures that need no pictures are drawn meanwhile. One worker does
        # one thing at a time: no process need load what draws them, then.
        draw = pool.submit if jobs > 1 else _draw_here
        how: dict[str, Any] = {"log_rate": look.log_rate, "forms": charts, "single": look.single}
        how["metrics"] = content.metrics if look.metrics else None
        drawn = [draw(drawing) for drawing in drawings(content, folder, **how)]
        wholes = _Wholes(content.metrics, folder, pool)
        shown, notes = show(
            content.results,
            content.metrics,
            pool,
            count=look.pictures,
            boxes=boxes,
            rate=look.rate,
            data_root=data_root,
            wholes=look.assets,
            keep=wholes.add,
            folders=[path if path.is_dir() else path.parent for path in results],
        )
        asked, told = bool(look.pictures or boxes), [*content.notes, *notes]
        content = replace(content, pictures=shown, notes=told, asked=asked, wholes=wholes.views)
        drawn += [draw(drawing) for drawing in picture_drawings(content, folder, photographs)]
        files = [*write_tables(content.tables, folder), write_methods(content, folder)]
        for future in drawn:
            files += future.result()
    # The page comes last: it links what is there.
    files = [*files, *wholes.files, write_html(content, folder / "index.html", files)]
    leave_alone(folder, files)
    return content, files


def _draw_here(drawing: Drawing) -> Future[list[Path]]:
    """Draws a figure at once. What matplotlib warns of is not shown, as of a worker it is not."""
    drawn: Future[list[Path]] = Future()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        drawn.set_result(drawing())
    return drawn


def _nothing(error: NoRows, results: Sequence[Path], folder: Path, command: str) -> Path:
    """The page of results without rows, in place of that of an earlier report."""
    remove_assets(folder)
    manifests, _ = read_manifests(results)
    commands = [str(manifest.get("run", {}).get("command", "")) for manifest in manifests.values()]
    page = write_nothing(
        str(error),
        folder / "index.html",
        sources=[path.as_posix() for path in results],
        commands=[text for text in commands if text],
        command=command,
    )
    leave_alone(folder, [page])
    return page


class _Wholes:
    """Whole images in files beside the page, in place of those of an earlier report."""

    def __init__(self, metrics: Sequence[Metric], folder: Path, pool: Pool) -> None:
        self.views: list[View] = []
        self.files: list[Path] = []
        self._metrics, self._folder, self._pool = metrics, folder, pool
        remove_assets(folder)

    def add(self, pictures: Sequence[Picture]) -> None:
        view, files = whole_view(pictures, self._metrics, self._folder, self._pool.map)
        self.views.append(view)
        self.files += files
