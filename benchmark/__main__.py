"""``python -m benchmark``: the same program as the ``rdbench`` command.

Nothing is imported before signals are heard: Ctrl-C while libraries load ends a command like any other.
"""

import sys

from benchmark.system.stopping import stopped_by_signals


def main() -> None:
    """Runs the command line; the exit status of a command that a signal has ended says which."""
    with stopped_by_signals() as stop:
        try:
            from benchmark.cli.main import main as command

            command()
        except SystemExit:
            if not stop.number:
                raise
        except KeyboardInterrupt:
            sys.stderr.write("interrupted\n")
        if stop.number:
            sys.exit(stop.status)


if __name__ == "__main__":
    main()
