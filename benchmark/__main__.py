"""``python -m benchmark``: the same program as the ``rdbench`` command.

Nothing is imported before signals are heard: Ctrl-C while libraries load ends a command like any other.
"""

import os
import sys

_INTERRUPTED = 130
"""The exit status of a command that Ctrl-C has ended."""


def open_closed() -> None:
    """Opens input, output and errors where whoever started this has closed them: as files that are empty, or forget.

    Else the next file or pipe that is opened gets their number, and other processes are handed that.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # it gets the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def main() -> None:
    """Runs the command line; the exit status of a command that a signal has ended says which."""
    open_closed()
    try:
        from benchmark.system.stopping import STOP, stopped_by_signals
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(_INTERRUPTED)
    try:
        with stopped_by_signals():
            from benchmark.cli.main import main as command

            command()
    except SystemExit:
        if not STOP.number:
            raise
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
    if STOP.number:
        sys.exit(STOP.status)


if __name__ == "__main__":
    main()
