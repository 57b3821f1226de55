"""Tables of pandas as the text of CSV files."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmark.record.columns import write_number


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV, its numbers with as many digits as those of records, an empty cell for a missing one.

    Equal results so have the same bytes, though the last digits of a mean differ from processor to processor.
    """
    return frame.to_csv(index=False, lineterminator="\n", float_format=cast(Callable[[object], str], write_number))


def text_column(cells: npt.NDArray[np.object_]) -> pd.Series:
    """Texts as a column. They stay objects of Python, whichever other package is installed: equal ones share memory."""
    with pd.option_context("mode.string_storage", "python"):
        return pd.Series(cells, dtype=str)
