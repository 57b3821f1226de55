"""By how much a column may become worse."""

from __future__ import annotations

import pytest

from benchmark.analysis.regression.tolerance import judged_columns, parse_percent, parse_tolerances
from benchmark.errors import UsageError
from benchmark.metric import Tolerance
from benchmark.plugins import all_metrics

METRICS = all_metrics()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("psn=1", "unknown name 'psn'; did you mean psnr or xpsnr. known: bpp, mse, psnr"),
        ("psnr", "expected NAME=NUMBER"),
        ("psnr=-1", "0 or more"),
        ("psnr=x%", "expected NAME=NUMBER"),
        ("psnr=inf", "expected NAME=NUMBER"),
    ],
)
def test_bad_tolerances(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_tolerances([text], METRICS)


def test_tolerances() -> None:
    found = parse_tolerances(["psnr=0.02, bpp=0.5%", "bd_rate=0.3"], METRICS)
    assert found == {"psnr": Tolerance(0.02), "bpp": Tolerance(0.005, True), "bd_rate": Tolerance(0.003, True)}
    by_column = {metric.column: str(metric.tolerance) for metric in judged_columns(METRICS, found)}
    assert (by_column["psnr_y"], by_column["bpp"], by_column["mse_y"]) == ("0.02", "0.5%", "0.25%")
    assert parse_percent("--timing", "20%") == 0.2
    for text in ("20", "x%", "-1%"):
        with pytest.raises(UsageError, match="--timing: expected a percentage such as 20%"):
            parse_percent("--timing", text)
