"""Writes the generated parts of README and docs: figures from committed results, and tables of plug-ins.

``python -m scripts.docs`` writes every block of every page anew. A block stands between two comments:

    <!-- generated: bd-rates results/baseline/kodak -->
    …
    <!-- end -->

The words after ``generated:`` are the name of a maker and what it is given. ``tests/scripts/docs/test_blocks.py`` fails
when a block is not what its maker gives.
"""
