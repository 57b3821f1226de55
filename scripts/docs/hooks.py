"""What mkdocs calls while it builds the site: pages may link to files of the repository that lie outside ``docs/``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]

_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "reports/published/README.md": "published.md",
    "reports/baseline/costs.md": "costs.md",
}
"""Files that are pages of the site, too."""

_INCLUDE = re.compile(r"<!-- include: (\S+) -->")
_LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)\s]*)?\))")
_ROLE = re.compile(r":[a-z]+:<code>(?:[^<]*&lt;)?[~.]?(?:\w+\.)*(\w+)(?:&gt;)?</code>")


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Puts included files into a page, and leads links to files outside ``docs/`` to copies of them.

    Raises:
        FileNotFoundError: a link leads to no file.
        ValueError: a link leads to a Markdown file that is no page.
    """
    here = (ROOT / "docs" / page.file.src_uri).parent

    def included(match: re.Match[str]) -> str:
        path = ROOT / match[1]
        text = path.read_text(encoding="utf-8")
        return _LINK.sub(lambda link: link[1] + _target(path.parent / link[2], here, config, files) + link[3], text)

    markdown = _LINK.sub(lambda link: link[1] + _target(here / link[2], here, config, files) + link[3], markdown)
    return _INCLUDE.sub(included, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Roles with which docstrings refer to names become plain code."""
    return _ROLE.sub(r"<code>\1</code>", html)


def _target(path: Path, here: Path, config: Any, files: Any) -> str:
    """What a link to a file becomes on a page that lies in the folder ``here``."""
    path = Path(os.path.normpath(path))
    if not path.is_file():
        raise FileNotFoundError(f"{path}: a page links to it, and there is no such file")
    name = path.relative_to(ROOT).as_posix()
    if name in _PAGES:
        path = ROOT / "docs" / _PAGES[name]
    elif not path.is_relative_to(ROOT / "docs"):
        if path.suffix == ".md":
            raise ValueError(f"{path}: a page links to it, and it is no page; make one of it and name it in _PAGES")
        copy = f"repository/{name}"
        if files.get_file_from_path(copy) is None:
            files.append(File.generated(config, copy, abs_src_path=str(path)))
        path = ROOT / "docs" / copy
    return Path(os.path.relpath(path, here)).as_posix()
