"""``python -m benchmark``: the same program as the ``rdbench`` command."""

from benchmark.cli.commands import main

if __name__ == "__main__":
    main()
