"""Which codecs a word for a device is for, and what their rows have to say."""

from __future__ import annotations

import pytest

from benchmark.errors import UsageError
from benchmark.neural.backend import device_name
from benchmark.plugins import codec_class
from benchmark.run.place import expected_devices, placed
from benchmark.system.pool import process_pool
from tests.serial import Serial

pytestmark = [pytest.mark.neural, pytest.mark.slow]


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that says that it has two GPUs, and takes each for the CPU."""
    keras = pytest.importorskip("keras")
    device = keras.device
    monkeypatch.setattr("benchmark.neural.backend.gpu_names", lambda: ["Alpha", "Beta"])
    monkeypatch.setattr(keras, "device", lambda _: device("cpu:0"))


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("device", "name"), [("auto", "Alpha"), ("cpu", "cpu"), ("gpu", "Alpha"), ("gpu:1", "Beta"), ("cuda:1", "Beta")]
)
def test_rows_name_what_computes(device: str, name: str) -> None:
    vae = codec_class("vae")
    with placed(vae, device):
        assert vae.from_settings({}).device() == name
    assert device_name() == "Alpha"


@pytest.mark.usefixtures("two_gpus")
def test_other_codecs_are_left_alone() -> None:
    with placed(codec_class("png"), "gpu:7"):
        assert codec_class("png").from_settings({}).device() == "cpu"


@pytest.mark.usefixtures("two_gpus")
def test_rows_of_learned_codecs_alone_are_held_to_a_device() -> None:
    assert expected_devices(["png", "vae", "rnn"], "gpu:1", Serial()) == {"vae": "Beta", "rnn": "Beta"}
    assert expected_devices(["png"], "gpu:7", Serial()) == {}
    assert expected_devices(["png", "vae"], "auto", Serial()) == {}


def test_a_worker_says_that_a_device_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"^--device gpu:7: \w+ finds no such GPU; it finds none. Give --device cpu"):
        expected_devices(["vae"], "gpu:7", process_pool)
