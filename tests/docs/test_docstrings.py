"""Lines of docstrings that explain an argument or an attribute begin with a noun, not with what follows one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.conftest import ROOT

_BARE = re.compile(r"[a-z_]+(?:, [a-z_]+)*: (?:of|in which|on which|whose|by which|to be|that|which|with which)\b")


def docstrings() -> Iterator[tuple[str, str]]:
    """Every docstring of the package and its plug-ins, with its place."""
    for folder in ("benchmark", "codecs", "datasets", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    yield f"{path.relative_to(ROOT)}: {getattr(node, 'name', '')}", ast.get_docstring(node) or ""


def test_explanations_keep_their_nouns() -> None:
    found = [
        f"{place}: {line.strip()}"
        for place, text in docstrings()
        for line in text.splitlines()
        if line.startswith("    ") and _BARE.match(line.strip())
    ]
    assert not found, "begin with the noun, such as 'the name of …':\n" + "\n".join(found)
