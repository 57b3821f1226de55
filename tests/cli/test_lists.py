"""Commands that list what there is."""

from __future__ import annotations

import json

import pytest

from benchmark.neural.backend import backend_name
from tests.conftest import Run


def test_lists_and_info(rdbench: Run) -> None:
    for word in ("jpeg", "jpeg2000", "webp", "avif", "png", "cvae"):
        assert word in rdbench("list", "codecs").stdout
    assert "kodak" in rdbench("list", "datasets").stdout
    metrics = rdbench("list", "metrics").stdout
    assert "\n--metrics basic: mse, psnr, ssim, ms_ssim\n" in metrics
    assert "ssimulacra2 (computed where --metrics names it): SSIMULACRA 2.1" in metrics
    assert "numpy" in rdbench("info").stdout
    assert "python" in rdbench("info").stdout


@pytest.mark.slow
@pytest.mark.neural
def test_info_names_the_backend_and_its_accelerators(rdbench: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmark.neural.backend.gpu_names", lambda: ["Alpha", "Beta"])
    facts = json.loads(rdbench("info", "--json").stdout)
    assert (facts["backend"], facts["accelerator"]) == (backend_name(), "Alpha, Beta")
    monkeypatch.setattr("benchmark.neural.backend.gpu_names", list)
    assert "accelerator none" in " ".join(rdbench("info").stdout.split())
