"""Rows of an older schema, made into rows of this one.

Schema 1 put several things into one text. They are taken apart here, and nowhere else:

- ``dataset`` was ``kodak (11 of 24)`` where the set was not complete: now ``images_expected`` says 24.
- ``version`` ended in ``weights 1be5d1ed``: now ``weights`` says which.
- ``target`` alone said what was limited: now ``target_column``, ``target_limit`` and ``target_over`` do.

What schema 1 did not tell stays empty: ``jobs``, ``device``, ``rdbench``. Columns that no version writes any more are
left out, see :data:`RETIRED`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from benchmark.record.columns import read_pairs
from benchmark.record.row import SCHEMA, Record
from benchmark.system.documents import parse_json

RETIRED = frozenset({"peak_memory_mib"})
"""Columns of older files that no version writes any more. Readers leave them out, and so does a file written anew.

``peak_memory_mib`` was the memory of the whole worker, with the other codecs and the metrics that it had loaded, and
without the programs that it started: it said nothing of a codec."""

_PART = re.compile(r"(?P<name>.+) \(\d+ of (?P<expected>\d+)\)")
_WEIGHTS = re.compile(r"(?P<version>.*?)(?:, )?weights (?P<weights>[0-9a-f+]+)")
_TARGET = re.compile(r"(?P<mean>mean )?(?P<column>[^<~]+?)(?:<=|~)(?P<limit>.+)")


def migrate(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells of a row of any known schema, as cells of :data:`~benchmark.record.row.SCHEMA`.

    Args:
        cells: the cells of a row of ``records.csv``, by column.

    Raises:
        ValueError: the schema is not known.
    """
    cells = {name: cell for name, cell in cells.items() if name not in RETIRED}
    schema = cells.get("schema", "")
    if schema == "1":
        return update_to_2(cells)
    if schema != str(SCHEMA):
        raise ValueError(f"schema: expected 1 to {SCHEMA}, got {schema!r}")
    return cells


def update_to_2(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells of schema 1 as cells of schema 2.

    A row keeps its right to be reused only if its old key can be computed from its other cells, so that none of them
    was changed, and none is missing; then it gets the new key. Any other row has no key.

    Args:
        cells: the cells of a row of ``records.csv`` or ``summary.csv``; columns may be missing.
    """
    found = dict(cells)
    found |= {
        "schema": "2",
        "images_expected": "",
        "weights": "",
        "flags": "",
        "target_column": "",
        "target_limit": "",
        "target_over": "",
        "jobs": "",
        "device": "",
        "rdbench": "",
    }
    if part := _PART.fullmatch(cells.get("dataset", "")):
        found |= {"dataset": part["name"], "images_expected": part["expected"]}
    if learned := _WEIGHTS.fullmatch(cells.get("version", "")):
        found |= {"version": learned["version"], "weights": learned["weights"]}
    if target := _TARGET.fullmatch(cells.get("target", "")):
        over = "set" if target["mean"] else "image"
        found |= {"target_column": target["column"], "target_limit": target["limit"], "target_over": over}
    if "key" in cells:
        found["key"] = Record.from_cells(found).keyed().key if _key_holds(cells) else ""
    return found


def _key_holds(cells: Mapping[str, str]) -> bool:
    """Whether the key of a row of schema 1 is that of its cells."""
    try:
        identity = {
            "schema": 1,
            **{name: cells[name] for name in ("dataset", "image", "image_sha256", "codec", "version", "settings")},
            **{name: int(cells[name]) for name in ("repeats", "threads")},
            "metrics": list(read_pairs(cells["metric_definitions"])),
        }
        if cells["target"]:
            identity["target"] = cells["target"]
        if cells["target"].startswith("mean "):
            identity["knob_value"] = parse_json(cells["knob_value"])
    except (KeyError, ValueError):  # an older file does not tell, or a cell is damaged
        return False
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return cells["key"] == hashlib.sha256(text.encode()).hexdigest()[:16]
