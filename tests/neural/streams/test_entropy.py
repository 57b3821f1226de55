"""Integer probability tables and the range coder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from benchmark.errors import BitstreamError
from benchmark.neural.streams import entropy

Latents = npt.NDArray[np.float64]
pytestmark = pytest.mark.neural


@pytest.fixture(scope="module")
def latents() -> Latents:
    rng = np.random.default_rng(1)
    scale = np.array([0.01, 0.3, 1.0, 4.0])
    return rng.normal([0, 1, -2, 0.5], scale, (5000, 4))


@pytest.mark.parametrize("steps", [1, 2, 5, 16, 48, 255])
def test_round_trip_and_rate(latents: Latents, steps: int) -> None:
    tables = entropy.symbol_tables(entropy.learn_counts(latents), steps)
    symbols = entropy.quantise(latents, steps, tables)
    payload = entropy.encode_symbols([(symbols, tables)])
    (decoded,) = entropy.decode_symbols(payload, [(len(symbols), tables)])
    assert np.array_equal(decoded, symbols)
    ideal = sum(table.bits()[column - table.lowest].sum() for column, table in zip(symbols.T, tables, strict=True))
    assert 8 * len(payload) <= 1.002 * ideal + 64
    # The tables were learned from these very latents, so the ideal is close to the empirical entropy.
    empirical = 0.0
    for column in symbols.T:
        shares = np.unique(column, return_counts=True)[1] / len(column)
        empirical -= len(column) * float(np.sum(shares * np.log2(shares)))
    assert ideal <= 1.05 * empirical + 0.2 * len(latents)


@pytest.mark.parametrize("steps", [1, 3, 16, 255])
def test_tables_are_valid(latents: Latents, steps: int) -> None:
    for table in entropy.symbol_tables(entropy.learn_counts(latents), steps):
        assert table.frequencies.sum() == entropy.TOTAL
        assert table.frequencies.min() >= 1
        assert table.frequencies.dtype == np.int64


def test_tables_of_a_coarse_step_are_sums_of_a_fine_one() -> None:
    """A step of three units merges three symbols of one unit, exactly."""
    counts = np.zeros((1, 64), np.uint32)
    counts[0] = np.arange(64) * 1000
    fine, coarse = entropy.symbol_tables(counts, 1)[0], entropy.symbol_tables(counts, 3)[0]
    probabilities = fine.frequencies / entropy.TOTAL
    for symbol in range(coarse.lowest + 1, coarse.highest):
        merged = sum(probabilities[3 * symbol + shift - fine.lowest] for shift in (-1, 0, 1))
        assert coarse.frequencies[symbol - coarse.lowest] / entropy.TOTAL == pytest.approx(merged, abs=2e-3)


def test_exact_zeros_are_not_spread() -> None:
    """Half of a rectified latent is zero: at a narrow step that costs a bit, and not the width of the smoothing."""
    rectified = np.maximum(np.random.default_rng(1).normal(0, 1, (50_000, 1)), 0)
    counts = entropy.learn_counts(rectified)
    (table,) = entropy.symbol_tables(counts, 2)
    assert table.bits()[-table.lowest] == pytest.approx(-np.log2(np.mean(rectified < 2 / 32)), abs=0.05)


def test_values_outside_the_table_are_clamped(latents: Latents) -> None:
    tables = entropy.symbol_tables(entropy.learn_counts(latents), 16)
    wild = np.array([[1e9, -1e9, 1e3, np.float64(-1e3)]])
    symbols = entropy.quantise(wild, 16, tables)
    for value, table in zip(symbols[0], tables, strict=True):
        assert table.lowest <= value <= table.highest


def test_a_dimension_that_never_varies_is_almost_free() -> None:
    constant = np.full((1000, 2), 0.01)
    tables = entropy.symbol_tables(entropy.learn_counts(constant), 16)
    symbols = entropy.quantise(constant, 16, tables)
    assert len(entropy.encode_symbols([(symbols, tables)])) < 1000 * 2 / 8


def test_payloads_of_zeros_and_nothing() -> None:
    tables = entropy.symbol_tables(entropy.learn_counts(np.zeros((100, 1))), 255)
    payload = entropy.encode_symbols([(np.zeros((0, 1), np.int32), tables)])
    assert payload == b""
    assert entropy.decode_symbols(payload, [(0, tables)])[0].shape == (0, 1)


def test_garbage_decodes_to_valid_symbols_or_an_error(latents: Latents) -> None:
    tables = entropy.symbol_tables(entropy.learn_counts(latents), 8)
    rng = np.random.default_rng(5)
    for _ in range(200):
        garbage = rng.integers(0, 256, rng.integers(0, 80), dtype=np.uint8).tobytes()
        try:
            (symbols,) = entropy.decode_symbols(garbage, [(50, tables)])
        except BitstreamError:
            continue
        for column, table in zip(symbols.T, tables, strict=True):
            assert table.lowest <= column.min() <= column.max() <= table.highest


def test_known_tables_and_payload() -> None:
    """Frozen: tables and coder must give these bytes on every machine and version, or old streams are lost."""
    counts = (np.arange(1, 129, dtype=np.uint32) ** 2 % 977)[np.newaxis]
    table = entropy.symbol_tables(counts, 16)[0]
    symbols = (np.arange(40, dtype=np.int32) * 7 % len(table.frequencies) + table.lowest)[:, np.newaxis]
    assert (table.lowest, table.frequencies.tolist()) == (-2, [1733, 18546, 18166, 17878, 9213])
    assert entropy.encode_symbols([(symbols, [table])]).hex() == "03c229826f09b8c2ec55368804e0d134"
