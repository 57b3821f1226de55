"""Files of networks with weights of chance: the real ones are too large to come along."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmark.metrics.shared.backbone import BACKBONES_VARIABLE, Backbone
from benchmark.metrics.shared.vision import load_torchvision


def random_network(
    build: Callable[[Any], Any], module: ModuleType, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A network of torchvision whose file a metric takes for the real one.

    Args:
        build: makes the network of torchvision's module of models.
        module: the module of the metric.
        name: what the module calls the network.
        folder: where the file is written.
        monkeypatch: puts all back.
    """
    import torch

    load_torchvision()
    from torchvision import models

    torch.manual_seed(3)
    network = build(models)
    real: Backbone = getattr(module, name)
    path = folder / real.file
    tensors = {key: value for key, value in network.state_dict().items() if key.startswith("features.")}
    torch.save(tensors, path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(module, name, replace(real, digest=found[:8]))
    monkeypatch.setenv(BACKBONES_VARIABLE, str(folder))
    return network
