"""The objective of networks that repair a decoded picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmark.neural.backend import load_keras

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_crops_count_alike_whatever_their_error() -> None:
    load_keras()
    from benchmark.neural.training.restored import RestorationTrainer

    class Known(RestorationTrainer):
        def call(self, inputs: dict[str, Any]) -> tuple[Any, Any]:
            return inputs["after"], inputs["before"]

    trainer = Known()
    given = {"after": np.array([5.0, 100.0], np.float32), "before": np.array([10.0, 400.0], np.float32)}
    loss = float(trainer.compute_loss(y_pred=trainer(given)))
    assert loss == pytest.approx((np.log(5.5 / 10.5) + np.log(100.5 / 400.5)) / 2, rel=1e-5)
    gain = {metric.name: float(metric.result()) for metric in trainer.metrics}["gain_db"]
    assert gain == pytest.approx(5 * (np.log10(2) + np.log10(4)), rel=1e-5)
