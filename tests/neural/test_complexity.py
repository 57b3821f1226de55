"""Parameters and multiply–accumulates, against counts by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmark.codec import Complexity
from benchmark.errors import PluginError
from benchmark.neural.backend import load_keras
from benchmark.plugins import codec_class
from benchmark.run.task import Task, run_task
from tests.conftest import photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def counted(*layers: Any, shape: tuple[int, ...]) -> int:
    from benchmark.neural.complexity import model_macs

    values = source = load_keras().Input(shape)
    for layer in layers:
        values = layer(values)
    return model_macs(load_keras().Model(source, values))


def test_layers_by_hand() -> None:
    layers = load_keras().layers
    same = {"padding": "same"}
    # An output number of a convolution takes kernel × channels products.
    assert counted(layers.Conv2D(5, 3, strides=2, **same), shape=(8, 6, 2)) == 4 * 3 * 5 * 3 * 3 * 2
    assert counted(layers.Conv2D(4, 3), shape=(8, 6, 2)) == 6 * 4 * 4 * 3 * 3 * 2
    assert counted(layers.Conv2D(4, 3, groups=2, **same), shape=(8, 6, 2)) == 8 * 6 * 4 * 3 * 3 * 1
    assert counted(layers.DepthwiseConv2D(3, depth_multiplier=2, **same), shape=(8, 6, 3)) == 8 * 6 * 3 * 2 * 9
    # A number that goes into a transposed one is multiplied by the whole kernel.
    assert counted(layers.Conv2DTranspose(5, 3, strides=2, **same), shape=(4, 3, 2)) == 4 * 3 * 2 * 5 * 3 * 3
    assert counted(layers.Dense(7), shape=(11,)) == 77
    assert counted(layers.Dense(7), shape=(4, 3, 11)) == 4 * 3 * 77
    assert counted(layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(2), shape=(4, 4, 1)) == 8


def test_a_layer_that_is_not_known_is_an_error_not_nothing() -> None:
    with pytest.raises(PluginError, match="BatchNormalization"):
        counted(load_keras().layers.BatchNormalization(), shape=(4, 4, 2))


def test_a_layer_used_twice_is_an_error() -> None:
    from benchmark.neural.complexity import model_macs

    source = load_keras().Input((4,))
    twice = load_keras().layers.Dense(4)
    with pytest.raises(PluginError, match="2 times"):
        model_macs(load_keras().Model(source, twice(twice(source))))


def test_a_convolutional_lstm_convolves_its_state_from_the_second_step_on() -> None:
    from benchmark.neural.levels.recurrent import ConvLstm

    cell = ConvLstm(5, strides=2)
    cell.build((None, None, None, 3))
    of_input, of_state = 4 * 3 * 20 * 9 * 3, 4 * 3 * 20 * 5
    assert cell.macs((8, 6, 3), first=True) == (of_input, (4, 3, 5))
    assert cell.macs((8, 6, 3), first=False) == (of_input + of_state, (4, 3, 5))


def test_cvae_by_hand() -> None:
    encode = 14 * 14 * 32 * 9 + 7 * 7 * 64 * 9 * 32 + 3136 * 128 + 2 * 128 * 16
    decode = 16 * 3136 + 7 * 7 * 64 * 64 * 9 + 14 * 14 * 64 * 32 * 9 + 28 * 28 * 32 * 9
    codec = codec_class("cvae")()
    assert codec.complexity(28, 28, 1) == Complexity(424_480 + 108_993, encode, decode)
    # 30×29: four tiles of luma, and one of each chroma plane, padding and all.
    assert codec.complexity(30, 29, 3) == Complexity(533_473, 6 * encode, 6 * decode)


def test_conv_ae_has_its_known_parameters_and_a_search_costs_what_nobody_knows() -> None:
    cls = codec_class("conv-ae")
    plain, searched = cls().complexity(28, 28, 1), cls.from_settings({"search": 3}).complexity(28, 28, 1)
    assert plain is not None and searched is not None
    assert plain.parameters == 342_049
    assert plain.encode_macs == 28 * 28 * 32 * 9 + 14 * 14 * 64 * 9 * 32 + 7 * 7 * 128 * 9 * 64
    assert searched.encode_macs is None
    assert searched.decode_macs == plain.decode_macs


@pytest.mark.parametrize(("name", "parameters"), [("vae", 266_752 + 234_512), ("denoising-ae", 342_049)])
def test_networks_of_known_size(name: str, parameters: int) -> None:
    found = codec_class(name)().complexity(28, 28, 1)
    assert found is not None and found.parameters == parameters
    if name == "vae":
        assert (found.encode_macs, found.decode_macs) == (784 * 256 + 2 * 256 * 128, 128 * 256 + 256 * 784)


def test_binary_ae_by_hand() -> None:
    found = codec_class("binary-ae").from_settings({"weights": "model2"}).complexity(15, 17, 3)
    height, width = 16, 20  # whole blocks
    quarter, sixteenth = height * width // 4, height * width // 16
    encode = quarter * 256 * 25 * 3 + sixteenth * 128 * 25 * 256
    decode = sixteenth * 64 * 4 * 128 + quarter * 256 * 25 * 64 + height * width * 256 * 3
    assert found == Complexity(1_282_243, encode, decode)


def test_rnn_costs_less_with_fewer_levels() -> None:
    cls = codec_class("rnn")
    one, two, three = (
        cls.from_settings({"weights": "small", "levels": levels}).complexity(16, 16, 3) for levels in (1, 2, 3)
    )
    assert one is not None and two is not None and three is not None
    analysis = 64 * 16 * 27 + 16 * 256 * 9 * 16 + 4 * 512 * 9 * 64 + 512 * 9 * 128 + 32 * 128
    synthesis = 32 * 128 + 512 * 9 * 128 + 4 * 512 * 9 * 32 + 16 * 256 * 9 * 32 + 64 * 128 * 9 * 16 + 256 * 8 * 3
    states = 16 * 256 * 64 + 4 * 512 * 128 + 512 * 128, 512 * 128 + 4 * 512 * 128 + 16 * 256 * 64 + 64 * 128 * 32
    assert (one.encode_macs, one.decode_macs) == (analysis, synthesis)
    assert (two.encode_macs, two.decode_macs) == (2 * analysis + states[0] + synthesis, 2 * synthesis + states[1])
    assert (three.encode_macs, three.decode_macs) == (
        3 * analysis + 2 * states[0] + 2 * synthesis + states[1],
        3 * synthesis + 2 * states[1],
    )
    assert one.parameters == three.parameters


def test_records_have_them_for_each_of_the_image_s_own_pixels(tmp_path: Any) -> None:
    from PIL import Image

    Image.fromarray(photo(30, 29)).save(tmp_path / "a.png")
    task = Task(f"folder:{tmp_path}", None, "a.png", "x", "cvae", [{"quality": 3}], ("mse",), 1, 1)
    [record] = run_task(task)
    assert record.status == "ok", record.reason
    expected = codec_class("cvae")().complexity(30, 29, 3)
    assert expected is not None and expected.encode_macs is not None and expected.decode_macs is not None
    assert record.parameters == 533_473
    assert record.encode_kmac_per_pixel == pytest.approx(expected.encode_macs / 1000 / (30 * 29))
    assert record.decode_kmac_per_pixel == pytest.approx(expected.decode_macs / 1000 / (30 * 29))
    [classical] = run_task(Task(f"folder:{tmp_path}", None, "a.png", "x", "png", [{}], ("mse",), 1, 1))
    assert classical.status == "ok", classical.reason
    assert classical.parameters is classical.encode_kmac_per_pixel is classical.decode_kmac_per_pixel is None
    assert record.bpp is not None and np.isfinite(record.bpp)
