"""What the command line shows of where the time of a run went."""

from __future__ import annotations

from typing import Any

from benchmark.cli.console import open_console
from benchmark.cli.tables import table_of
from benchmark.errors import counted
from benchmark.run.spending import Profile


def print_profile(profile: Profile) -> None:
    """A table of the parts of the work, each with its seconds and its share of the workers' time."""
    parts = profile.parts()
    whole = sum(parts.values())
    table = table_of("part", "seconds", "share", numbers=("seconds", "share"))
    table.title = f"time of {counted(profile.workers, 'worker')} in {profile.elapsed:.1f} s"
    for part, seconds in parts.items():
        table.add_row(part, f"{seconds:.2f}", f"{seconds / whole:.1%}" if whole else "–")
    table.print()
    open_console().print(
        "waiting: workers that start, load libraries, or have nothing to do; tables and figures come afterwards",
        soft_wrap=True,
    )


def told_profile(profile: Profile) -> dict[str, Any]:
    """The same for a program."""
    return {"workers": profile.workers, "elapsed": profile.elapsed, "seconds": profile.parts()}
