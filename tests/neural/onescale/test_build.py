"""The networks of learned-onescale by their widths."""

from __future__ import annotations

import pytest

from benchmark.neural.onescale.build import build

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_default_widths_fit_a_carried_checkpoint() -> None:
    network = build({})
    assert 12 * network.count_params() < 90_000_000
    macs = sum(network.transform.macs(512, 768)) + 2 * network.contexts.integers().macs(32, 48)
    assert 70e3 < macs / (512 * 768) < 85e3
