"""What a run shows of other decoders: how far each comes from the codec's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmark.cli.console import complain, say
from benchmark.cli.tables import table_of
from benchmark.record.columns import formatted

if TYPE_CHECKING:
    from benchmark.workflows.decoders import Spread

_NUMBERS = ("rows", "failed", "PSNR dB", "least", "most", "time ×", "pixels %", "levels")


def print_spread(spreads: Sequence[Spread]) -> None:
    """The spread of decoders as a table, and why rows failed; nothing where no other decoder ran."""
    if not spreads:
        return
    table = table_of("codec", "decoder", *_NUMBERS, numbers=_NUMBERS, drop=("least", "most", "failed"))
    table.title = "other decoders, beside the codec's own"
    for spread in spreads:
        table.add_row(
            spread.codec,
            spread.decoder,
            str(spread.rows),
            str(spread.failed or "–"),
            *(formatted(value, "{:+.2f}") for value in (spread.psnr_difference, spread.psnr_least, spread.psnr_most)),
            formatted(spread.seconds_ratio, "{:.2f}"),
            formatted(spread.differing_pixels, "{:.2g}"),
            "–" if spread.largest_difference is None else str(spread.largest_difference),
        )
    table.print()
    for spread in spreads:
        if spread.failed:
            complain(f"{spread.codec} decoded by {spread.decoder}: {spread.reason}")
    if all(spread.seconds_ratio != spread.seconds_ratio for spread in spreads):
        say("time ×: not measured to be published; --timing measures it")
