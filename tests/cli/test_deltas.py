"""What the command line shows of Bjøntegaard deltas."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Run

SAMPLE, CID22 = (Path("results/baseline").resolve() / name for name in ("sample", "cid22-validation"))


def test_a_table_follows_for_each_data_set_and_what_holds_for_all_is_said_once(rdbench: Run) -> None:
    lines = rdbench("bdrate", str(SAMPLE), str(CID22)).stdout.splitlines()
    titles = [line.strip().partition(":")[0] for line in lines if line.endswith("psnr_rgb (dB) against jpeg")]
    assert titles == ["sample", "cid22-validation"]
    said = [line for line in lines if line and line == line.strip()]
    assert len(said) == len(set(said))
    assert sum("Wilcoxon signed-rank" in line for line in said) == 1
