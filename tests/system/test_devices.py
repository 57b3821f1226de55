"""The words for devices."""

from __future__ import annotations

import pytest

from benchmark.errors import UsageError
from benchmark.system.devices import parse_device


@pytest.mark.parametrize(
    ("text", "word"),
    [("auto", "auto"), ("cpu", "cpu"), ("gpu", "gpu"), ("gpu:12", "gpu:12"), ("cuda", "gpu"), ("cuda:1", "gpu:1")],
)
def test_cuda_is_another_word_for_gpu(text: str, word: str) -> None:
    assert parse_device(text) == word


@pytest.mark.parametrize(
    "text", ["", "tpu", "GPU", "gpu:", "gpu:-1", "gpu:1:1", "gpu:٣", "gpu:1\n", "cpu:0", "auto:1", "gpucuda", None, 1]
)
def test_no_other_word_is_taken(text: object) -> None:
    with pytest.raises(UsageError, match=r"^device: expected auto, cpu, gpu or gpu:N, got "):
        parse_device(text, "device")
