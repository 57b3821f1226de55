"""What audits find, as files."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmark.errors import UsageError


def as_text(kind: type[Any], findings: Sequence[Any], path: Path) -> str:
    """Findings in the form that a file's ending names, CSV or JSON; in JSON, which has no infinity, it is a text.

    Args:
        kind: the dataclass of the findings; its fields that are tuples hold texts.
        findings: some of them.
        path: the path of the file.

    Raises:
        UsageError: the ending is neither ``.csv`` nor ``.json``.
    """
    rows = [dataclasses.asdict(finding) for finding in findings]
    if path.suffix == ".json":
        plain = [{key: str(value) if value == math.inf else value for key, value in row.items()} for row in rows]
        return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if path.suffix == ".csv":
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, [field.name for field in dataclasses.fields(kind)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: "; ".join(value) if isinstance(value, tuple) else value for key, value in row.items()} for row in rows
        )
        return buffer.getvalue()
    raise UsageError(f"{path}: expected a name that ends in .csv or .json")
