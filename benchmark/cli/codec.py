"""Commands for single images and streams."""

from __future__ import annotations

import io
import sys
from dataclasses import asdict
from pathlib import Path

import click

from benchmark.cli.console import print_json, say, say_note
from benchmark.cli.options import (
    FAILED,
    PATH,
    SECONDS,
    check_apart,
    check_place,
    convert_option,
    device_option,
    jobs_option,
    json_option,
    names_of,
    pair,
    read,
    write,
)
from benchmark.neural.backend import BACKENDS


@click.command()
@click.option(
    "--codec",
    help="Codec that encodes, or a TOML file that describes it.  [default: found by the ending of OUT]",
)
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="A setting of the codec; may be repeated.")
@convert_option
@click.argument("source", metavar="IN", type=PATH)
@click.argument("target", metavar="OUT", type=PATH)
def encode(codec: str | None, sets: tuple[str, ...], converted: tuple[str, ...], source: Path, target: Path) -> None:
    """Encode the image file IN to the stream OUT."""
    from benchmark.dataset import read_image
    from benchmark.errors import contained, counted
    from benchmark.formats.conversions import parse_conversions
    from benchmark.plugins import codec_class, version_of
    from benchmark.plugins.streams import check_ending, codec_of_ending

    check_apart(target, [source])
    cls = codec_class(codec) if codec else codec_of_ending(target)
    if not (codec or "").endswith(".toml"):  # which knows best what its program writes
        check_ending(cls, target)
    version_of(cls)
    pairs = (pair("--set", text) for text in sets)
    ready = cls.from_settings({field: cls.parse_setting(field, text) for field, text in pairs})
    image = read_image(source, parse_conversions(converted))
    with contained(cls.name):
        stream = ready.encode(image)
    write(target, stream)
    bpp = 8 * len(stream) / (image.shape[0] * image.shape[1])
    say(f"{target}: {counted(len(stream), 'byte')}, {bpp:.4f} bpp")


_LOSSLESS = (".png", ".ppm", ".pgm", ".pnm", ".bmp", ".tif", ".tiff", ".tga")
"""Endings of files that keep pixels as they are."""

_CHANNELS = {".pgm": 1, ".ppm": 3}
"""Of them, those of formats for grey or for colour alone."""


@click.command()
@click.option("--codec", help="Codec that wrote the stream.  [default: found by the first bytes of the stream]")
@click.option(
    "--level",
    type=click.IntRange(0, 32),
    metavar="N",
    default=0,
    show_default=True,
    help="Halves the sides N times. The codec must have levels of resolution.",
)
@convert_option
@click.argument("source", metavar="IN", type=PATH)
@click.argument("target", metavar="OUT", type=PATH)
def decode(codec: str | None, level: int, converted: tuple[str, ...], source: Path, target: Path) -> None:
    """Decode the stream IN to the image file OUT; its ending says in which lossless format.

    A stream that says of itself that its pixels are to be turned, or are not in sRGB, is refused, as an image of a data
    set is. `--convert orientation,srgb` converts it.
    """
    from PIL import Image

    from benchmark.errors import BitstreamError, UsageError, contained
    from benchmark.formats.conversions import parse_conversions
    from benchmark.formats.stream import APPLICABLE, as_told
    from benchmark.plugins import codec_class, version_of
    from benchmark.plugins.streams import codec_of_stream

    if target.suffix.lower() not in _LOSSLESS:
        raise UsageError(
            f"{target}: {target.suffix or 'a name without an ending'} is no lossless format that is written here: name "
            f"a file that ends in {', '.join(_LOSSLESS)}"
        )
    check_apart(target, [source])
    conversions = parse_conversions(converted)
    if unfit := [name for name in conversions if name not in APPLICABLE]:
        raise UsageError(
            f"--convert {unfit[0]}: a decoder gives 8 bits without transparency; what it gives is converted by "
            f"{', '.join(APPLICABLE)}"
        )
    stream = read(source)
    try:
        cls = codec_class(codec) if codec else codec_of_stream(stream)
    except UsageError as error:
        raise error if codec else UsageError(f"{source}: {error}") from error
    version_of(cls)
    try:
        with contained(cls.name):
            image = cls.decode_smaller(stream, level) if level else cls.decode(stream)
    except BitstreamError as error:
        raise BitstreamError(f"{source}: {error}") from error
    image = as_told(image, stream, str(source), conversions)
    channels = 1 if image.ndim == 2 else image.shape[2]
    if _CHANNELS.get(target.suffix.lower(), channels) != channels:
        raise UsageError(
            f"{target}: {target.suffix} files hold {'colour' if channels == 1 else 'grey'} alone, the picture is "
            f"{'grey' if channels == 1 else 'of colour'}: end OUT in {'.pgm' if channels == 1 else '.ppm'} or .png"
        )
    content = io.BytesIO()
    try:
        Image.fromarray(image).save(content, Image.registered_extensions()[target.suffix.lower()])
    except (OSError, ValueError) as error:
        raise UsageError(f"{target}: cannot be written: {error}") from error
    write(target, content.getvalue())
    say(f"{target}: {image.shape[1]}×{image.shape[0]}, decoded by {cls.name}")


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULTS…", type=PATH)
@click.option("--codecs", metavar="A,B", help="Codecs, or files that describe codecs.  [default: all of RESULTS]")
@click.option("--backend", type=click.Choice(tuple(BACKENDS)), help="Backend of learned codecs.")
@device_option("Device of learned codecs.")
@click.option(
    "--timeout",
    type=SECONDS,
    metavar="S",
    default=600,
    show_default=True,
    help="Most seconds for the streams of one row.",
)
@click.option("--out", type=PATH, metavar="FILE.csv", help="File to write what was found of every row to.")
@jobs_option
@json_option
def verify(
    results: tuple[Path, ...],
    codecs: str | None,
    backend: str | None,
    device: str | None,
    timeout: float,
    out: Path | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Decode the streams of RESULTS (folders of runs) anew, and compare with the pixels that the rows recorded.

    The runs must have kept their streams: `run --keep streams`. Each stream is decoded in a process that has seen
    nothing but its bytes. The machine, the backend and the device may be others than those of the run. Learned codecs
    promise pixels that differ by one level at most between backends.

    The exit status is 1 if pixels are others than recorded, streams are damaged, or a decoder fails.
    """
    import pandas as pd

    from benchmark.cli.terminal import print_checks
    from benchmark.record.frames import csv_text
    from benchmark.workflows.verify import BROKEN
    from benchmark.workflows.verify import verify as verify_runs

    if out:
        check_place(out)
    notes: list[str] = []
    checks = verify_runs(
        results,
        codecs=names_of(codecs),
        backend=backend,
        device=device,
        jobs=jobs,
        timeout=timeout,
        notes=notes,
    )
    for text in notes:
        say_note(text)
    if out:
        write(out, csv_text(pd.DataFrame(map(asdict, checks))).encode())
    if as_json:
        print_json(list(map(asdict, checks)))
    else:
        print_checks(checks)
    sys.exit(FAILED if any(check.verdict in BROKEN for check in checks) else 0)
