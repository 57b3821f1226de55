"""The command that checks promises, of codecs or of metrics."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmark import defaults
from benchmark.cli.console import say_note
from benchmark.cli.options import FAILED, PATH, check_place, convert_option, names_of, write
from benchmark.errors import UsageError


@click.command()
@click.option("--codecs", metavar="A,B", help="Codecs to audit.")
@click.option("--metrics", metavar="A,B", help="Metrics to audit, or groups of them: basic, perceptual, jpeg-ai, all.")
@click.option(
    "--image",
    type=PATH,
    metavar="FILE",
    help="Image to encode or to spoil.  [default: {1} of data set {0}]".format(*defaults.AUDIT_IMAGE),
)
@convert_option
@click.option("--out", type=PATH, metavar="FILE.csv|.json", help="File to write the findings to.")
def audit(
    codecs: str | None, metrics: str | None, image: Path | None, converted: tuple[str, ...], out: Path | None
) -> None:
    """Whether codecs or metrics keep what they promise. The exit status is 1 if a promise is broken.

    Of codecs: what becomes of colours before they quantise, and whether a second encode or another number of threads
    gives other bytes, lossless settings lose, or a PSNR is above what the colour path can keep.

    Of metrics: whether equal pictures have the best value exactly; whether values get worse along JPEG qualities, blur
    and noise; the smallest and odd sizes, grey and constant pictures; golden values of other programs; one thread and
    two.
    """
    from benchmark.cli.terminal import print_audit, print_metric_audit
    from benchmark.dataset import read_image
    from benchmark.formats.conversions import parse_conversions
    from benchmark.run.study import chosen_metrics
    from benchmark.workflows.audit import Finding, default_image
    from benchmark.workflows.audit import audit as audit_codec
    from benchmark.workflows.audit_metrics import MetricFinding, audit_metrics
    from benchmark.workflows.findings import as_text

    if (codecs is None) == (metrics is None):
        raise UsageError("expected --codecs A,B or --metrics A,B: one of the two")
    kind: type[Finding] | type[MetricFinding] = Finding if codecs else MetricFinding
    pixels = read_image(image, parse_conversions(converted)) if image else default_image()
    if out:
        as_text(kind, [], out)  # a name that no form ends in is told before the work
        check_place(out)
    found: list[Finding] | list[MetricFinding]
    if codecs is not None:
        found = codec_findings = [audit_codec(name, pixels) for name in names_of(codecs) or []]
    else:
        if pixels.ndim == 2:
            raise UsageError(f"--image {image}: expected a colour picture, got one in grey")
        names, left_out = chosen_metrics(names_of(metrics))
        for text in left_out:
            say_note(text)
        found = metric_findings = audit_metrics(names, pixels)
    if out:
        write(out, as_text(kind, found, out).encode())
    if codecs is not None:
        print_audit(codec_findings)
    else:
        print_metric_audit(metric_findings)
    sys.exit(FAILED if any(finding.problems for finding in found) else 0)
