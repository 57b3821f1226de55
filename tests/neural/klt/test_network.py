"""The network of the form klt."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.neural.klt.build import build_klt
from benchmark.neural.klt.start import Start
from tests.neural.klt.examples import SMALL, quantised

pytestmark = [pytest.mark.neural, pytest.mark.slow]


def test_a_new_network_is_its_start(images: npt.NDArray[np.uint8], start: Start) -> None:
    from keras import ops

    network = build_klt(SMALL)
    network.begin_from(start)
    network.nudge.kernel.assign(np.zeros(network.nudge.kernel.shape))
    target = network.coefficients(ops.convert_to_tensor(images.astype(np.float32)))
    flat = ops.convert_to_numpy(target)
    assert np.allclose(ops.convert_to_numpy(network.coefficients(network.pixels(target))), flat, atol=0.05)
    decoded = [ops.convert_to_numpy(level) for level in network.levels(target, 4)[0]]
    expected = [quantised(flat.reshape(-1, 48), start, levels).reshape(flat.shape) for levels in range(1, 5)]
    for level, (found, wanted) in enumerate(zip(decoded, expected, strict=True)):
        error, least = (float(np.mean((values - flat) ** 2)) for values in (found, wanted))
        assert error < 1.001 * least, f"level {level + 1}"
    codes = network.codes(images.astype(np.float32), 4)
    assert [code.shape for code in codes] == [(4, 6, 6, 32)] * 4
    restored = network.image(codes[:2])
    assert np.allclose(restored, ops.convert_to_numpy(network.pixels(decoded[1])), atol=0.01), "nothing is added yet"


def test_multiply_accumulates_are_those_of_the_layers() -> None:
    network = build_klt(SMALL)
    blocks, samples, count, narrow, hidden = 6, 768, 48, 8, 16
    linear = count * 32
    analysis = linear + 4 * 32 * 32 + (count + 32 + hidden) * narrow + 9 * narrow * narrow + narrow * 32
    synthesis = (
        linear
        + 32 * narrow
        + 9 * (32 + narrow) * 2 * hidden
        + hidden * 2 * hidden
        + 9 * hidden * hidden
        + 2 * hidden * count
    )
    restoration = (2 * 12 * 8 + 4 * 8 * 8) * 9 * 16 * 24
    encode, decode = network.macs(32, 48, 3)
    assert encode == blocks * (samples * count + 3 * analysis + 2 * synthesis)
    assert decode == blocks * (samples * count + 3 * synthesis) + restoration


def test_a_bit_costs_as_much_as_its_share_of_the_error_and_more_where_it_repairs_little(
    images: npt.NDArray[np.uint8], start: Start
) -> None:
    from keras import ops

    network = build_klt(SMALL)
    network.begin_from(start)
    target = network.coefficients(ops.convert_to_tensor(images[:2].astype(np.float32)))
    first = network.begin(2, 6, 6)
    bits = network.analyse(0, network.activations(0, target, first))
    second = network.synthesise(0, bits, first)
    quiet = np.where(np.arange(6) < 3, 0.5, 1).astype(np.float32)[:, None, None]
    second = dataclasses.replace(second, scale=second.scale * quiet)
    for level, state, share in ((0, first, 0.4), (1, second, 1.0)):
        bits = network.analyse(level, network.activations(level, target, state))
        signs, scale = (ops.convert_to_numpy(values) for values in (bits, state.scale))
        added = np.broadcast_to(scale, target.shape)[..., None, :] * ops.convert_to_numpy(network.expand[level])
        left = ops.convert_to_numpy(target - state.image) - np.einsum("nhwb,nhwbm->nhwm", signs, added)
        error = np.mean(np.sum(left**2, axis=-1), axis=(1, 2))[:, None, None, None] / 256
        expected = np.minimum(0.2 * share * error / (4 * np.sum(added**2, axis=-1)), 1)
        found = ops.convert_to_numpy(network.prices(level, target, state, bits, 0.2))
        assert np.allclose(found, expected, rtol=1e-3)
        assert found.max() < 1, "no case of the limit alone"
    assert np.allclose(found[:, 0], 4 * found[:, 3], rtol=1e-3)
