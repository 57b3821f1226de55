"""``python -m scripts.docs``: writes the generated blocks of README and docs."""

import argparse

from scripts.docs.blocks import ROOT, fill, pages
from scripts.docs.makers import MAKERS


def main() -> None:
    """Writes every page whose blocks changed, and tells which."""
    argparse.ArgumentParser("python -m scripts.docs", description=__doc__).parse_args()
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = fill(before, MAKERS)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
