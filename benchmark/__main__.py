"""``python -m benchmark``: the same program as the ``rdbench`` command."""

from benchmark.cli.main import main

if __name__ == "__main__":
    main()
