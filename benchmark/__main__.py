"""``python -m benchmark``: the same program as the ``rdbench`` command.

Nothing is imported before signals are heard: Ctrl-C while libraries load ends a command like any other.
"""

import sys

_INTERRUPTED = 130
"""The exit status of a command that Ctrl-C has ended."""


def main() -> None:
    """Runs the command line; the exit status of a command that a signal has ended says which."""
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
