"""Tables in LaTeX."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmark.report.build import write_methods, write_tables
from benchmark.report.content import Report
from benchmark.report.tables.latex import escape, latex, latex_notes
from benchmark.report.tables.table import Table
from tests.report.examples import TABLE


def latex_has(*files: str) -> bool:
    """Whether pdflatex is here and finds these files."""
    if not shutil.which("pdflatex") or not shutil.which("kpsewhich"):
        return False
    found = subprocess.run(["kpsewhich", *files], capture_output=True, check=False, text=True, timeout=60)
    return len(found.stdout.split()) == len(files)


def test_latex_escapes_aligns_and_sets_in_bold() -> None:
    text = latex(TABLE)
    assert r"\caption[50 \% of a\_b \& c]{50 \% of a\_b \& c. More.}\label{tab:t_1}" in text
    assert r"\begin{tabular}{@{}lS[table-format=+2.1]S[table-format=2.2]@{}}" in text
    heads = (
        r"{\begin{tabular}[b]{@{}c@{}}" + lines + r"\end{tabular}}" for lines in (r"rate\\(\%)", r"PSNR,\\RGB\\(dB)")
    )
    assert " & ".join(["series", *heads]) in text
    assert "retain-explicit-plus=true" in text
    assert r"x\_1 & \bfseries -3.1 & {$\infty$} \\" in text
    assert r"Z & {--} & \bfseries 30.00 \\" in text
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
    for word, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", text):
        if word == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    spec = re.search(r"\\begin\{tabular\}\{@\{\}(.*)@\{\}\}\n", text)
    assert spec
    columns = len(re.sub(r"\[[^]]*\]|>\{[^}]*\}|\{[^}]*\}", "", spec[1]))
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith(r"\caption")]
    assert rows
    assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {columns}


LONG = replace(TABLE, name="long", frame=pd.concat([TABLE.frame] * 40, ignore_index=True))
WIDE = Table(
    "wide",
    "Wide.",
    pd.DataFrame(
        {"series": ["cvae (weights=mnist-elbo, device=cpu) " * 4], **{f"c{place}": [-1.5] for place in range(14)}}
    ),
    {},
    {f"c{place}": "+.2f" for place in range(14)},
    {},
)


def test_a_table_that_is_wider_than_a_column_takes_both() -> None:
    assert r"\begin{table}" in latex(TABLE) and r"\begin{table*}" not in latex(TABLE)
    eight = replace(TABLE, frame=TABLE.frame.assign(**{f"c{place}": "a long text" for place in range(8)}))
    assert latex(eight).count(r"\begin{table*}") == latex(eight).count(r"\end{table*}") == 1
    assert r"\raggedright" not in latex(eight)


def test_a_text_that_is_wider_than_a_page_is_folded() -> None:
    check_syntax(latex(WIDE))
    found = re.search(r"p\{(\d+)pt\}", latex(WIDE))
    assert found
    assert 60 <= int(found[1]) < 516


def test_a_table_that_is_longer_than_a_page_goes_on_with_the_same_number() -> None:
    text = latex(LONG)
    check_syntax(text)
    assert text.count(r"\begin{table}") == 3
    assert text.count(r"\label{") == 1
    assert text.count(r"\addtocounter{table}{-1}\caption[]{50 \% of a\_b \& c (continued)}") == 2
    assert text.count(r"x\_1 &") == 40


def test_columns_that_are_not_printed_are_left_out() -> None:
    text = latex(replace(TABLE, unprinted=["psnr"]))
    check_syntax(text)
    assert "PSNR" not in text


def test_notes_stand_once(report: Report, tmp_path: Path) -> None:
    other = replace(TABLE, notes={"PSNR": "In dB.", "Rates": "Others."})
    text = latex_notes([TABLE, other])
    assert text.count("In dB.") == 1
    assert r"\textit{Rates.} They are of \textless{} 1 stream. Others." in text
    write_tables(report.tables, tmp_path)
    notes = (tmp_path / "notes.tex").read_text(encoding="utf-8")
    assert notes.count("Versions.") == notes.count("Pillow") - notes.count("webp: Pillow") == 1
    for table in report.tables:
        assert len(re.findall(r"[.!?](?= |$)", table.caption)) <= 2, table.caption
        assert table.told not in (tmp_path / f"{table.name}.tex").read_text(encoding="utf-8")


def written_tables(report: Report, folder: Path) -> list[str]:
    """Writes tables of a report, a wide one and one over several pages; gives their names."""
    write_tables([*report.tables, TABLE, LONG, WIDE], folder)
    write_methods(report, folder)
    return [*(table.name for table in report.tables), "t_1", "long", "wide"]


def test_latex_of_a_report_is_well_formed(report: Report, tmp_path: Path) -> None:
    for name in written_tables(report, tmp_path):
        check_syntax((tmp_path / f"{name}.tex").read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.skipif(not latex_has("IEEEtran.cls", "siunitx.sty"), reason="needs pdflatex with IEEEtran and siunitx")
def test_latex_of_a_report_compiles_in_two_columns(report: Report, tmp_path: Path) -> None:
    names = [*written_tables(report, tmp_path), "notes", "methods"]
    (tmp_path / "paper.tex").write_text(
        "\n".join(
            [
                r"\documentclass[journal]{IEEEtran}",
                r"\usepackage[T1]{fontenc}",
                r"\usepackage{booktabs,siunitx}",
                r"\begin{document}",
                *(rf"\input{{{name}}}" for name in names),
                r"\clearpage",
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
    assert [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(points) > 2] == []


def test_digits_off_the_line_stay_together() -> None:
    assert escape("10·log₁₀(x²) of a_b") == r"10$\cdot$log$_{10}$(x$^{2}$) of a\_b"
