"""The public functions of the bench, for scripts and notebooks.

They are imported from the package itself: ``from benchmark import codec, dataset, run, read_results, bd_rate``. What
they need is imported when they are called, so that importing the package is cheap.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark import defaults
from benchmark.errors import UsageError
from benchmark.system.limits import MOST_JOBS
from benchmark.system.limits import check_number as _check_number

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.analysis.results import Results
    from benchmark.codec import Codec, Setting
    from benchmark.dataset import Dataset


def codec(name: str, /, **settings: Setting) -> Codec:
    """A codec at one operating point, ready to encode and decode.

    Examples:
        >>> from benchmark import codec, dataset
        >>> image = dataset("sample").load("astronaut")[0]
        >>> stream = codec("jpeg", quality=75).encode(image)
        >>> isinstance(stream, bytes)
        True
        >>> codec("jpeg").decode(stream).shape
        (512, 512, 3)

    Args:
        name: the name of the codec, see ``python -m benchmark list codecs``, or the path of a TOML file that
            describes a codec.
        settings: settings of the codec, by name; the others have their defaults.

    Returns:
        The codec. ``encode`` takes an image, ``uint8``, shape (H, W, 3) sRGB or (H, W) grey, and returns the bytes of
        its stream; ``decode`` takes those bytes and returns the image.

    Raises:
        UsageError: there is no such codec.
        SettingError: a setting is unknown, of a wrong type or out of range.
        MissingBackend: its library is not installed; the message says how to install it.
        PluginError: it is of another package, and cannot be used; the message says why.
    """
    from benchmark.plugins import codec_class, real_class, version_of

    if not isinstance(name, str):
        raise UsageError(f"expected the name of a codec, got {name!r}")
    cls = codec_class(name)
    version_of(cls)  # raises where the library is missing
    return real_class(cls).from_settings({name: _plain(value) for name, value in settings.items()})


def dataset(name: str, /, *, root: str | Path | None = None) -> Dataset:
    """A data set, whose images are read one item at a time.

    Examples:
        >>> from benchmark import dataset
        >>> sample = dataset("sample")
        >>> sample.items()[:2]
        ['astronaut', 'camera']
        >>> sample.load("camera").shape
        (1, 512, 512)

    Args:
        name: the name of the data set, such as ``kodak``, ``mnist:train`` or ``folder:PATH``;
            ``python -m benchmark list datasets`` has all. Conversions may follow, as in ``folder:PATH+depth=8+srgb``.
        root: folder that holds data sets, searched before ``$RDBENCH_DATA`` and the cache.

    Returns:
        The data set. ``items`` gives the names of its items; ``load`` gives the images of one of them as a batch,
        ``uint8``, shape (N, H, W, 3) sRGB or (N, H, W) grey.

    Raises:
        UsageError: there is no such data set. Only its methods raise MissingData, where the images are not found.
    """
    from benchmark.plugins import open_dataset

    if not isinstance(name, str):
        raise UsageError(f"expected the name of a data set, got {name!r}")
    return open_dataset(name, Path(root) if root is not None else None)


def run(
    *,
    out: str | Path,
    codecs: Mapping[str, Mapping[str, Setting | Sequence[Setting]]] | Sequence[str] | str | None = None,
    dataset: str | Sequence[str] = defaults.DATASET,
    metrics: Sequence[str] | str | None = None,
    match: Mapping[str, float | Sequence[float]] | None = None,
    match_mean: Mapping[str, float | Sequence[float]] | None = None,
    repeats: int = 1,
    threads: int = 1,
    timeout: float = 600.0,
    jobs: int | None = None,
    fresh: bool = False,
    images: Sequence[str] | str | None = None,
    timing: bool = False,
    device: str = "auto",
    memory: str | None = None,
    give_up_after: int = defaults.GIVE_UP_AFTER,
    root: str | Path | None = None,
) -> Results:
    """Runs codecs over data sets, and returns what came of it.

    It writes the same files as ``python -m benchmark run``. Called again, it makes only what is missing or failed.

    Examples:
        >>> from benchmark import run
        >>> results = run(
        ...     codecs={"jpeg": {"quality": [20, 80]}, "png": {}},
        ...     dataset="sample",
        ...     metrics=["psnr"],
        ...     out="results/first",
        ... )
        >>> list(results.summary["series"])
        ['jpeg', 'jpeg', 'png']
        >>> len(results.records)
        18

    The work is done by other processes, which import the script that calls this: a script, other than a notebook, has
    to call it below ``if __name__ == "__main__":``.

    Args:
        out: folder of the results; it is made. Several data sets have a folder below it each.
        codecs: a name or several, or for each name the values to try of its settings, one or several; every
            combination is an operating point. None takes the default codecs that are installed.
        dataset: name of a data set, or several, see :func:`dataset`.
        metrics: a name or several; None takes all.
        match: targets: for a column such as ``bpp`` or ``psnr_rgb``, the value or values to come near to, not above.
            The knob of each codec is then found for every image. A column's name that ends in ``>=`` asks for the
            nearest value that is not below: ``{"ssim>=": 0.98}`` is the cheapest that is as good. ``~`` is either side.
        match_mean: the same for the mean over a data set, for all of which one knob is found.
        repeats: how often each encode and decode is timed; the median counts.
        threads: how many threads numerical libraries may use.
        timeout: seconds for one operating point on one item.
        jobs: worker processes; None takes one for each core.
        fresh: whether all rows are made, also those that an earlier run made and that still hold.
        images: a name or several of the data set's images; None takes all.
        timing: whether times are measured to be published: one worker alone on a core, ``repeats`` times at least, and
            5 times, until the median is steady. Rows that were not timed so are made again.
        device: what computes learned codecs: ``cpu``, ``gpu`` or ``gpu:1``. Their rows that another one made are made
            again. ``auto`` is the first GPU, or else the CPU, and takes rows of any.
        memory: the most memory of each process of a worker, such as ``4GiB``; None takes 8 GiB, or the machine's memory
            over ``jobs``.
        give_up_after: operating points of a codec in a row that may time out, crash or run out of memory, until its
            other rows are skipped; 0 for any number.
        root: folder that holds data sets, searched before ``$RDBENCH_DATA`` and the cache.

    Returns:
        The results, see :func:`read_results`. A row that failed says so in its column ``status``.

    Raises:
        UsageError: the request makes no sense; the message says what to change.
        MissingBackend, MissingData: a library or a data set is not there; the message says how to get it.
        RecordsError: the folder holds something else.
        KeyboardInterrupt: Ctrl-C ended the run; what is finished is stored.
    """
    from benchmark.run.several import each_dataset, first_listed
    from benchmark.run.study import dataset_names, resolve
    from benchmark.system.memory import parse_memory
    from benchmark.workflows.outputs import run_to_files

    workers, most = _workers(jobs, timing=timing), parse_memory(memory)
    names = dataset_names(dataset if isinstance(dataset, str) else _listed(dataset))
    study, _ = resolve(
        dataset=names,
        codecs=_sweeps(codecs),
        metrics=None if metrics is None else _listed(metrics),
        match=_limits("match", match),
        match_mean=_limits("match_mean", match_mean),
        repeats=repeats,
        threads=threads,
        timeout=timeout,
        images=() if images is None else _listed(images),
        timing=timing,
        device=device,
    )
    data_root = Path(root) if root is not None else None
    folders: list[Path] = []
    for part, opened in zip(each_dataset(study, names), first_listed(names, data_root), strict=True):
        outcome = run_to_files(
            part,
            out=Path(out) / Path(part.name).relative_to(study.name),
            data_root=data_root,
            jobs=workers,
            command=shlex.join(["python", *sys.argv]),
            fresh=fresh,
            memory=most,
            give_up_after=give_up_after,
            dataset=opened,
        )
        if outcome.interrupted:
            raise KeyboardInterrupt
        folders.append(outcome.folder)
    return read_results(*folders)


def read_results(*paths: str | Path) -> Results:
    """The results of one or more runs, none twice.

    Examples:
        >>> from benchmark import read_results
        >>> results = read_results("results/first")
        >>> results.summary[["codec", "images"]].values.tolist()
        [['jpeg', 6], ['jpeg', 6], ['png', 6]]

    Args:
        paths: results folders, ``records.csv`` or ``summary.csv`` files; curves that others published may be among
            them, see :func:`benchmark.analysis.references.joined.read_with_references`.

    Returns:
        Two tables of pandas: ``summary`` has a row for each operating point, ``records`` one for each operating point
        on each image. Columns that end in ``_mean`` and ``_std`` are over the images.

    Raises:
        UsageError: nothing is there.
        RecordsError: a file is neither records nor a summary.
    """
    from benchmark.analysis.references.joined import read_with_references
    from benchmark.plugins import all_metrics

    if not paths:
        raise UsageError("expected a results folder, or several, got none")
    for path in paths:
        if not isinstance(path, (str, Path)):
            raise UsageError(f"expected paths of results, one or several, got {path!r}")
    return read_with_references([Path(path) for path in paths], all_metrics())


def bd_rate(results: Results, *, anchor: str = defaults.ANCHOR, metric: str = defaults.METRIC) -> pd.DataFrame:
    """How much more rate each codec needs than an anchor for equal quality, in percent.

    Examples:
        >>> from benchmark import bd_rate, run
        >>> results = run(
        ...     codecs={"jpeg": {"quality": [10, 30, 50, 70]}, "webp": {"quality": [5, 20, 40, 60]}},
        ...     metrics=["psnr"],
        ...     out="results/second",
        ... )
        >>> table = bd_rate(results, anchor="jpeg", metric="psnr_rgb")
        >>> webp = table.set_index("series").loc["webp"]
        >>> bool(webp["image_mean"] < 0)
        True

    Args:
        results: what :func:`run` or :func:`read_results` gave. A curve takes four operating points at least.
        anchor: codec, or series of one, to compare with.
        metric: name of a metric, or column of the quality.

    Returns:
        A row for each data set and series, the best first: ``image_mean``, the mean of the BD-rates of single images,
        with ``ci_low`` to ``ci_high``, its 95 % confidence interval over images; ``rank`` by it; ``bd_rate`` of the
        mean curve with ``curve_ci_low`` to ``curve_ci_high``; and more. ``flags`` says what to know of the row, and why
        it has no value.

    Raises:
        UsageError: there is no such anchor or metric.
    """
    from benchmark.analysis.bdrate import bd_table
    from benchmark.analysis.results import Results

    if not isinstance(results, Results):
        raise UsageError(f"results: expected what run or read_results gave, got {results!r}")
    return bd_table(results, anchor, results.metric(metric))


def _listed(names: str | Sequence[str]) -> list[str]:
    """One name or several, as a list."""
    found = [names] if isinstance(names, str) else list(names) if isinstance(names, Sequence) else [names]
    if not all(isinstance(name, str) for name in found):
        raise UsageError(f"expected a name or a list of names, got {names!r}")
    return found


def _workers(jobs: int | None, *, timing: bool) -> int:
    """How many worker processes a run has."""
    if jobs is not None:
        _check_number("jobs", jobs, MOST_JOBS)
    if timing and jobs not in (None, 1):
        raise UsageError(f"jobs: expected 1 or none with timing, which measures with one worker alone, got {jobs}")
    return jobs or os.cpu_count() or 1


def _plain(values: Any) -> Any:
    """Numbers and arrays of NumPy as those of Python."""
    return values.tolist() if hasattr(values, "tolist") else values


def _values(values: Any) -> list[Any]:
    """One value or several, as a list."""
    values = _plain(values)
    return list(values) if isinstance(values, Sequence) and not isinstance(values, str) else [values]


def _sweeps(codecs: Any) -> dict[str, dict[str, list[Setting]]] | None:
    """What a caller said of codecs, as values of each setting of each codec."""
    if codecs is None:
        return None
    if not isinstance(codecs, Mapping):
        return {name: {} for name in _listed(codecs)}
    for name, sweep in codecs.items():
        if not isinstance(sweep, Mapping):
            raise UsageError(f"codecs: {name}: expected values by the names of its settings, got {sweep!r}")
    return {name: {field: _values(values) for field, values in sweep.items()} for name, sweep in codecs.items()}


def _limits(argument: str, targets: Any) -> dict[str, list[float]] | None:
    """What a caller said of targets, as limits of each column."""
    if targets is None:
        return None
    if not isinstance(targets, Mapping):
        raise UsageError(f"{argument}: expected limits by the names of their columns, got {targets!r}")
    found = {str(column): _values(limits) for column, limits in targets.items()}
    for column, limits in found.items():
        if not all(isinstance(limit, int | float) for limit in limits):
            raise UsageError(f"{argument}: {column}: expected numbers, got {limits!r}")
    return found
