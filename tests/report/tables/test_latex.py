"""Tables in LaTeX."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmark.report.build import write_tables
from benchmark.report.content import Report
from benchmark.report.tables.latex import escape, latex
from tests.report.examples import TABLE


def test_latex_escapes_aligns_and_sets_in_bold() -> None:
    text = latex(TABLE)
    assert r"\caption[50 \% of a\_b \& c]{50 \% of a\_b \& c. More.}\label{tab:t_1}" in text
    assert r"\begin{tabular}{lS[table-format=+2.1]S[table-format=2.2]}" in text
    assert r"series & {\shortstack{rate\\(\%)}} & {\shortstack{PSNR,\\RGB\\(dB)}} \\" in text
    assert r"x\_1 & \bfseries -3.1 & {$\infty$} \\" in text
    assert r"z & {--} & \bfseries 30.00 \\" in text
    assert escape("\\{$^~_}<") == (r"\textbackslash{}\{\$\textasciicircum{}\textasciitilde{}\_\}\textless{}")


def check_syntax(text: str) -> None:
    """Braces and environments are balanced, and every row has as many cells as the table has columns."""
    bare = re.sub(r"\\.", "", re.sub(r"^%.*$", "", text, flags=re.MULTILINE))
    depth = 0
    for sign in bare:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    stack: list[str] = []
    for word, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if word == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    spec = re.search(r"\\begin\{(?:tabular|longtable)\}\{(.*)\}\n", text)
    assert spec
    columns = len(re.sub(r"\[[^]]*\]", "", spec[1]))
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith(r"\caption")]
    assert rows
    assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {columns}


def written_tables(report: Report, folder: Path) -> list[str]:
    """Writes tables of a report and one over several pages; gives their names."""
    long = replace(TABLE, name="long", frame=pd.concat([TABLE.frame] * 20, ignore_index=True))
    write_tables([*report.tables, TABLE, long], folder)
    return [*(table.name for table in report.tables), "t_1", "long"]


def test_latex_of_a_report_is_well_formed(report: Report, tmp_path: Path) -> None:
    for name in written_tables(report, tmp_path):
        check_syntax((tmp_path / f"{name}.tex").read_text(encoding="utf-8"))
    assert r"\begin{longtable}" in (tmp_path / "long.tex").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs pdflatex")
def test_latex_of_a_report_compiles(report: Report, tmp_path: Path) -> None:
    names = written_tables(report, tmp_path)
    (tmp_path / "paper.tex").write_text(
        "\n".join(
            [
                r"\documentclass{article}",
                r"\usepackage[margin=2cm]{geometry}",
                r"\usepackage{booktabs,longtable,siunitx}",
                r"\begin{document}",
                *(rf"\input{{{name}}}" for name in names),
                r"\end{document}",
            ]
        ),
        encoding="utf-8",
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=120,
    )
    log = (tmp_path / "paper.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-2000:]
    assert "Overfull" not in log
