"""Plug-ins of other packages are looked at from a distance: a process of its own imports each, and tells what it is.

So a plug-in that hangs, exits, crashes, prints or fills memory stops no command that is not about it, and of one that
is, it is a row or a line. What was told is kept for this process, and for those that it starts, never on disk.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any

from benchmark.errors import UsageError
from benchmark.plugins.outline import Answer
from benchmark.plugins.points import state
from benchmark.system.questions import ask_apart

LIMIT_VARIABLE = "RDBENCH_PLUGIN_TIMEOUT"
LIMIT = 60.0
"""Seconds that a plug-in of another package has to be imported and to tell what it is, where nothing else is said."""

_VARIABLE = "RDBENCH_PLUGINS"
"""Names the environment variable by which processes that this one starts know what was told before."""

_MOST = 100_000
"""Characters that an environment variable may have."""

_answers: dict[tuple[Any, ...], Answer] = {}


def _inherited() -> dict[tuple[str, ...], Answer]:
    """What the process that started this one was told."""
    with contextlib.suppress(KeyError, ValueError, TypeError, RecursionError):
        told = json.loads(os.environ[_VARIABLE])
        return {tuple(key): Answer(**answer) for key, answer in told}
    return {}


_known = _inherited()
_handed = dict(_known)
"""What processes that this one starts are told."""


def limit() -> float:
    """Seconds that a plug-in has.

    Raises:
        UsageError: the environment variable holds no such number.
    """
    text = os.environ.get(LIMIT_VARIABLE) or str(LIMIT)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 86_400:
        raise UsageError(f"{LIMIT_VARIABLE}: expected a number of seconds above 0 and up to 86400, got {text!r}")
    return seconds


def told_of(points: Sequence[EntryPoint], asked: Mapping[str, Any] | None = None) -> list[Answer]:
    """What plug-ins tell of themselves, all side by side; each is asked once.

    Args:
        points: their entry points.
        asked: what else is asked, see :mod:`benchmark.plugins.answer`.
    """
    more = json.dumps(asked, sort_keys=True)
    keys = [(*state(point), more, *sys.path) for point in points]
    wanted = {
        key: point
        for key, point in zip(keys, points, strict=True)
        if key not in _answers and (asked or state(point) not in _known)
    }
    questions = [
        {"kind": point.group.removeprefix("rdbench."), "name": point.name, "value": point.value, **(asked or {})}
        for point in wanted.values()
    ]
    answers = ask_apart("benchmark.plugins.answer.answer", questions, limit=limit()) if questions else []
    for key, told in zip(wanted, answers, strict=True):
        parts: Mapping[str, Any] = {name: value for part in told.parts for name, value in part.items()}
        own = {name: parts[name] for name in ("facts", "version", "missing", "source") if name in parts}
        rest = {name: value for name, value in parts.items() if name not in own}
        _answers[key] = Answer(**own, more=rest, status=told.status, reason=told.reason)
    pairs = zip(keys, points, strict=True)
    found = [_answers[key] if key in _answers else _known[state(point)] for key, point in pairs]
    if wanted and not asked:
        _hand_down(points, found)
    return found


def forget_answers() -> None:
    """Lets each plug-in be asked again; see :func:`benchmark.plugins.forget`."""
    for kept in (_answers, _known, _handed):
        kept.clear()
    os.environ.pop(_VARIABLE, None)


def _hand_down(points: Sequence[EntryPoint], answers: Sequence[Answer]) -> None:
    """Lets processes that this one starts know what was told, so that they need not ask again."""
    _handed.update({state(point): answer for point, answer in zip(points, answers, strict=True)})
    text = json.dumps([[key, dataclasses.asdict(answer)] for key, answer in _handed.items()])
    if len(text) <= _MOST:
        os.environ[_VARIABLE] = text
