"""Commands that run studies."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from benchmark import defaults
from benchmark.cli.console import print_json, say_note
from benchmark.cli.options import (
    FAILED,
    INTERRUPTED,
    PATH,
    SECONDS,
    convert_option,
    data_root_option,
    device_option,
    given_by_user,
    jobs_option,
    json_option,
    names_of,
    typed_command,
)
from benchmark.system.limits import MOST_POINTS, MOST_REPEATS, MOST_THREADS
from benchmark.system.memory import parse_memory, seldom_collected

if TYPE_CHECKING:
    from benchmark.dataset import Dataset
    from benchmark.record.files import Form
    from benchmark.run.study import Study
    from benchmark.workflows.decoders import Spread


@contextlib.contextmanager
def goes_on() -> Iterator[None]:
    """Says what becomes of a run that is interrupted inside."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("interrupted: everything finished is stored; the same command goes on from here", err=True)
        sys.exit(INTERRUPTED)


@click.command()
@click.option(
    "--codecs",
    metavar="A,B",
    help="Codecs to run, or TOML files that describe codecs.  [default: " + ",".join(defaults.CODECS) + "]",
)
@click.option(
    "--decoders",
    multiple=True,
    metavar="FORMAT:A,B",
    help="Libraries that decode the streams of a format, too, beside the decoder of each codec, such as "
    "jpeg:opencv,ffmpeg. Streams are kept. May be repeated.",
)
@click.option(
    "--dataset",
    metavar="NAME,NAME",
    help=f"Data sets, such as kodak or folder:PATH. Each data set is a run.  [default: {defaults.DATASET}]",
)
@click.option("--images", metavar="A,B", help="Images of the data set, by their names in it.  [default: all]")
@convert_option
@click.option(
    "--metrics", metavar="A,B", help="Metrics, or groups of them: basic, perceptual, jpeg-ai, all.  [default: basic]"
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="CODEC.FIELD=V,V",
    help="Replaces the values of a swept field. A..B:STEP is a range, such as 5..95:5. May be repeated.",
)
@click.option(
    "--match",
    "matches",
    multiple=True,
    metavar="COLUMN=V,V",
    help="Chooses the knob for each image, so that COLUMN (bpp, another rate or a metric) comes nearest to V and not "
    "above it. 'COLUMN>=V' comes nearest and not below: of a quality, the cheapest that is as good. COLUMN~V takes the "
    "nearest value on either side. May be repeated.",
)
@click.option(
    "--match-mean",
    "mean_matches",
    multiple=True,
    metavar="COLUMN=V,V",
    help="Chooses one knob for the whole data set, by the mean of COLUMN over its images; may be repeated.",
)
@click.option(
    "--study",
    "study_file",
    type=PATH,
    metavar="FILE.toml",
    help="Study file. An option on the command line wins over it.",
)
@click.option("--out", type=PATH, metavar="DIR", help="Results folder.  [default: results/STUDY]")
@jobs_option
@click.option(
    "--repeats",
    type=click.IntRange(1, MOST_REPEATS),
    metavar="N",
    help="How many times each encode and decode is timed. The median counts.  [default: 1]",
)
@click.option(
    "--timing",
    is_flag=True,
    help="Measures times to be published: one worker alone on a core, each encode and decode 5 times and more, until "
    "the median is steady. Rows that were not timed so are made again.",
)
@click.option(
    "--threads", type=click.IntRange(1, MOST_THREADS), metavar="N", help="Threads that a worker may use.  [default: 1]"
)
@device_option("Device of learned codecs. Rows that another one made are made again.  [default: auto, and rows of any]")
@click.option("--timeout", type=SECONDS, metavar="S", help="Most seconds for one operating point.  [default: 600]")
@click.option(
    "--memory",
    metavar="SIZE",
    help="Most memory of each worker process and of its decoder, such as 4GiB or 512MiB.  [default: 8GiB, or the "
    "machine's memory over the number of jobs]",
)
@click.option(
    "--give-up-after",
    type=click.IntRange(0, MOST_POINTS),
    default=defaults.GIVE_UP_AFTER,
    show_default=True,
    metavar="K",
    help="Operating points of a codec in a row that may time out, crash or run out of memory, until its other rows are "
    "skipped; 0 for any number. The same command, started again, tries them again.",
)
@click.option(
    "--engine",
    type=click.Choice(["serial", "processes", "dask"]),
    help="What carries the work: one process of this machine, row after row; --jobs of them; or the workers of a Dask "
    "cluster.  [default: processes, or dask with --scheduler]",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Scheduler of a Dask cluster that is there, such as tcp://10.0.0.1:8786. Without it, --engine dask starts "
    "--jobs workers on this machine.",
)
@click.option(
    "--profile",
    is_flag=True,
    help="Prints where the time of the run went: reading, encoding, decoding, metrics, waiting.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="File of the rows when the run ends: records.csv, or in its place the smaller records.parquet.",
)
@click.option(
    "--no-figures",
    is_flag=True,
    help="Draws no curves: a small run takes a quarter less time. Those of other rows are removed.",
)
@click.option("--fresh", is_flag=True, help="Makes all rows, also those that an earlier run made and that still hold.")
@click.option(
    "--keep",
    type=click.Choice(["streams"]),
    help="Keeps the streams of all rows in the results folder, for `verify` and for other decoders. Rows whose streams "
    "were not kept are made again.",
)
@data_root_option
@json_option
def run(
    codecs: str | None,
    decoders: tuple[str, ...],
    dataset: str | None,
    images: str | None,
    converted: tuple[str, ...],
    metrics: str | None,
    sets: tuple[str, ...],
    matches: tuple[str, ...],
    mean_matches: tuple[str, ...],
    study_file: Path | None,
    out: Path | None,
    jobs: int,
    repeats: int | None,
    timing: bool,
    threads: int | None,
    device: str | None,
    timeout: float | None,
    memory: str | None,
    give_up_after: int,
    engine: str | None,
    scheduler: str | None,
    profile: bool,
    form: Form,
    no_figures: bool,
    fresh: bool,
    keep: str | None,
    data_root: Path | None,
    as_json: bool,
) -> None:
    """Run codecs over a data set: records, summary table and rate–distortion curves.

    Without options it runs the default codecs that are installed, on a few pictures that come with scikit-image. The
    same command, started again, makes only the rows that are missing or failed, and those whose codec, metric or
    picture is another now. It says why.

    The exit status is 1 if a row failed, or if no row of a data set could be measured, as where all were skipped.
    """
    click.get_current_context().with_resource(seldom_collected())  # what is loaded from here on stays, too
    from benchmark.run.several import each_dataset, first_listed
    from benchmark.run.study import dataset_names, resolve
    from benchmark.run.texts import parse_match

    flags = {
        "codecs": names_of(codecs),
        "dataset": dataset,
        "images": names_of(images),
        "metrics": names_of(metrics),
        "repeats": repeats,
        "threads": threads,
        "device": device,
        "timeout": timeout,
        "timing": timing or None,
        "match": parse_match(matches) or None,
        "match_mean": parse_match(mean_matches) or None,
    }
    given, most = _given(study_file, flags, converted), parse_memory(memory)
    study, notes = resolve(**given, sets=sets, decoders=decoders)
    for note in notes:
        say_note(note)
    studies = each_dataset(study, dataset_names(given.get("dataset", defaults.DATASET)))
    datasets = first_listed([part.dataset for part in studies], data_root)
    folders = [(out or Path("results") / study.name) / Path(part.name).relative_to(study.name) for part in studies]
    how = {"form": form, "fresh": fresh, "keep": bool(keep or decoders), "give_up_after": give_up_after, "memory": most}
    how |= {"figures": not no_figures, "data_root": data_root} | _engine(engine, scheduler, jobs, timing=study.timing)
    _run_each(zip(studies, folders, datasets, strict=True), how, profile=profile, as_json=as_json)


def _engine(engine: str | None, scheduler: str | None, jobs: int, *, timing: bool) -> dict[str, Any]:
    """The arguments of what carries the work: how many workers, and the engine where that is Dask.

    Raises:
        UsageError: the options do not go together.
    """
    from benchmark.errors import UsageError

    if timing and jobs != 1 and given_by_user("jobs"):
        raise UsageError(f"--jobs {jobs}: --timing measures with one worker, alone; leave --jobs out")
    if engine == "serial" and jobs != 1 and given_by_user("jobs"):
        raise UsageError(f"--jobs {jobs}: --engine serial has one worker; leave one of them out")
    if engine != "dask" and scheduler is None:
        return {"jobs": 1 if engine == "serial" else jobs}
    if engine is not None and engine != "dask":
        raise UsageError(f"--scheduler: expected --engine dask with it, got --engine {engine}; leave one of them out")
    if timing:
        raise UsageError("--timing measures with one worker, alone on this machine; leave --engine and --scheduler out")
    from benchmark.system.cluster import dask_pool  # what it imports is for those who ask for it

    return {"jobs": jobs, "engine": functools.partial(dask_pool, scheduler=scheduler or "")}


def _given(study_file: Path | None, flags: Mapping[str, Any], converted: Sequence[str]) -> dict[str, Any]:
    """What a study is resolved from: the file's settings, over which those of the command line win."""
    from benchmark.formats.conversions import parse_conversions, with_conversions
    from benchmark.run.study import dataset_names, read_study

    given: dict[str, Any] = read_study(study_file) if study_file else {}
    set_by_user = {key: value for key, value in flags.items() if value is not None}
    if set_by_user.get("codecs") and "codecs" in given:
        # Flags choose among the file's codecs; its sweeps stay.
        set_by_user["codecs"] = {name: given["codecs"].get(name, {}) for name in set_by_user["codecs"]}
    given |= set_by_user
    if converted:
        names = dataset_names(given.get("dataset", defaults.DATASET))
        given["dataset"] = [with_conversions(name, parse_conversions(converted)) for name in names]
    return given


def _run_each(
    studies: Iterable[tuple[Study, Path, Dataset | None]],
    how: Mapping[str, Any],
    *,
    profile: bool,
    as_json: bool,
) -> NoReturn:
    """Runs studies one after the other, each into a folder, until one is interrupted; ends the command.

    Args:
        studies: the studies, with their folders, and the data set of each where it is open.
        how: arguments of :func:`~benchmark.workflows.outputs.run_to_files`.
        profile: whether it is told where the time went.
        as_json: whether their outcomes are printed as JSON.
    """
    from benchmark.cli.profile import print_profile, told_profile
    from benchmark.cli.spread import print_spread
    from benchmark.cli.terminal import print_outcome
    from benchmark.workflows.outputs import run_to_files

    outcomes = []
    with goes_on():
        for study, out, dataset in studies:
            outcome = run_to_files(study, out=out, dataset=dataset, command=typed_command(), **how)
            outcomes.append(outcome)
            spread = _spread(outcome.folder, how["jobs"], study)
            if not as_json:
                print_outcome(outcome)
                print_spread(spread)
                if profile:
                    print_profile(outcome.profile)
            if outcome.interrupted:
                break
    if as_json:
        told = [
            {"folder": str(outcome.folder), "nothing": outcome.nothing, "profile": told_profile(outcome.profile)}
            for outcome in outcomes
        ]
        print_json([{**asdict(outcome), **more} for outcome, more in zip(outcomes, told, strict=True)])
    if outcomes[-1].interrupted:
        sys.exit(INTERRUPTED)
    sys.exit(FAILED if any(outcome.failures or outcome.nothing for outcome in outcomes) else 0)


def _spread(folder: Path, jobs: int, study: Study) -> Sequence[Spread]:
    """How far decoders of a study come from each other; nothing where it has no others."""
    if not study.has_decoders:
        return ()
    from benchmark.workflows.decoders import write_spread

    return write_spread(folder, jobs=jobs, timeout=study.timeout)


@click.command()
@click.argument("study_file", metavar="FILE.toml", type=PATH)
@click.option("--out", type=PATH, metavar="DIR", help="Results folder.  [default: results/STUDY]")
@jobs_option
@data_root_option
def cross(study_file: Path, out: Path | None, jobs: int, data_root: Path | None) -> None:
    """Train a codec on several data sets and test each of its weights on several: FILE's table [cross].

    Weights of an earlier call are used again. The same command, started again, makes only what is missing.
    """
    from benchmark.cli.terminal import print_cross
    from benchmark.workflows.cross import read_cross, run_cross

    plan = read_cross(study_file)
    with goes_on():
        table = run_cross(
            plan,
            out=out or Path("results") / plan.name,
            data_root=data_root,
            jobs=jobs,
            command=typed_command(),
        )
    print_cross(table, plan.metrics)
    sys.exit(FAILED if table["failures"].any() else 0)
