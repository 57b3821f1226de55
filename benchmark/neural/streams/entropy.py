"""Entropy coding of quantised latents with integer probability tables.

A latent is quantised with a step that is a whole multiple ``k`` of :data:`STEP_UNIT`. The distribution of each latent
dimension is stored once, as integer counts on a grid so fine that the symbol boundaries of every such step fall on grid
edges; the table for a step is sums of those counts. All of it is integer arithmetic, so encoder and decoder agree on
every machine, device and backend whatever its floating point does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.errors import BitstreamError, MissingBackend
from benchmark.neural.streams.clock import entropy_coding

GRID = 32
"""Grid bins per unit of the latent."""
STEP_UNIT = 2 / GRID
"""Steps are whole multiples of this: then half a step, a symbol's boundary, is a whole number of bins."""
MAX_STEPS = 255
"""Largest multiple of the unit that a stream can name."""
TOTAL = 1 << 16
"""Frequencies of a symbol table sum to this."""

Counts = npt.NDArray[np.uint32]
Symbols = npt.NDArray[np.int32]


@dataclass(frozen=True)
class SymbolTable:
    """Frequencies of consecutive integers, summing to :data:`TOTAL`, each at least 1."""

    lowest: int
    frequencies: npt.NDArray[np.int64]

    @property
    def highest(self) -> int:
        """The last symbol of the table."""
        return self.lowest + len(self.frequencies) - 1

    def bits(self) -> npt.NDArray[np.float64]:
        """Ideal code length of each symbol, in bits."""
        return np.asarray(np.log2(TOTAL) - np.log2(self.frequencies))


_BANDWIDTH = 0.15
"""Standard deviation of the Gaussian that spreads an observation, as a share of that of its dimension.

It keeps values that the training data happened to miss from costing the floor of the table. Silverman's rule asks for
about this much from 50,000 observations.
"""


def learn_counts(latents: npt.NDArray[np.floating[Any]]) -> Counts:
    """Counts of each latent dimension on the fine grid, from training data.

    Exact zeros, as a rectifier gives many, are not spread: a narrow quantiser would tell them from their neighbours.

    Args:
        latents: shape (N, D), in units of the latent.

    Returns:
        ``uint32``, shape (D, 2 R): bin j covers [(j − R)/32, (j − R + 1)/32).
    """
    from scipy.ndimage import gaussian_filter1d

    bandwidths = _BANDWIDTH * latents.std(axis=0)
    reach = int(np.ceil(np.abs(latents).max() + 4 * float(bandwidths.max()) + 1)) * GRID
    bins = np.clip(np.floor(latents * GRID).astype(np.int64) + reach, 0, 2 * reach - 1)
    counts = np.stack([np.bincount(column, minlength=2 * reach) for column in bins.T]).astype(np.float64)
    zeros = np.count_nonzero(latents == 0, axis=0)
    counts[:, reach] -= zeros
    smooth = np.stack(
        [
            gaussian_filter1d(row, max(width * GRID, 0.1), mode="constant", truncate=8.0)
            for row, width in zip(counts, bandwidths, strict=True)
        ]
    )
    smooth[:, reach] += zeros
    # A scale of 2²⁰ keeps sums within 32 bits and resolves tails far below what a table's floor can express.
    scaled = np.rint(smooth * ((1 << 20) / len(latents)))
    return np.asarray(scaled, dtype=np.uint32)


def symbol_tables(counts: Counts, steps: int) -> list[SymbolTable]:
    """The table of each latent dimension for a quantiser step of ``steps`` units, in integer arithmetic.

    Symbol q covers [(q − ½) step, (q + ½) step); the outermost symbols also take the tails.
    """
    tables = []
    reach = counts.shape[1] // 2
    for row in counts.astype(np.int64):
        occupied = np.flatnonzero(row)
        low, high = (int(occupied[0]) - reach, int(occupied[-1]) - reach) if occupied.size else (0, 0)
        lowest = (low + steps) // (2 * steps)
        highest = (high + steps) // (2 * steps)
        edges = np.clip((2 * np.arange(lowest, highest + 2) - 1) * steps + reach, 0, 2 * reach)
        cumulative = np.concatenate([[0], np.cumsum(row)])
        mass = np.diff(cumulative[edges])
        frequencies = 1 + mass * (TOTAL - len(mass)) // max(int(mass.sum()), 1)
        frequencies[np.argmax(frequencies)] += TOTAL - frequencies.sum()
        tables.append(SymbolTable(lowest, frequencies))
    return tables


def quantise(latents: npt.NDArray[np.floating[Any]], steps: int, tables: Sequence[SymbolTable]) -> Symbols:
    """Nearest symbols of latents of shape (N, D), kept inside each dimension's table."""
    low = np.array([table.lowest for table in tables])
    high = np.array([table.highest for table in tables])
    return np.asarray(np.clip(np.rint(latents / (steps * STEP_UNIT)), low, high), dtype=np.int32)


def dequantise(symbols: Symbols, steps: int) -> npt.NDArray[np.float32]:
    """Latents that symbols stand for."""
    return symbols.astype(np.float32) * np.float32(steps * STEP_UNIT)


@entropy_coding
def encode_symbols(groups: Sequence[tuple[Symbols, Sequence[SymbolTable]]]) -> bytes:
    """Range-codes groups of symbols of shape (N, D), each with its D tables, into one payload.

    Returns:
        Bytes with no length of their own: the container keeps it. Trailing zero bytes are left out, since the decoder
        reads zeros past the end.
    """
    constriction = load_constriction()
    coder = constriction.stream.queue.RangeEncoder()
    for symbols, tables in groups:
        for column, table in zip(symbols.T, tables, strict=True):
            if len(table.frequencies) > 1:  # a certain symbol takes no bits, and the library no such table
                coder.encode(np.ascontiguousarray(column - table.lowest, dtype=np.int32), _model(table))
    return payload_of(coder)


@entropy_coding
def decode_symbols(payload: bytes, groups: Sequence[tuple[int, Sequence[SymbolTable]]]) -> list[Symbols]:
    """Inverse of :func:`encode_symbols`, given each group's N and tables.

    Raises:
        BitstreamError: the payload is not one that the coder could have written.
    """
    coder = decoder_of(payload)
    decoded = []
    try:
        for count, tables in groups:
            symbols = np.empty((count, len(tables)), dtype=np.int32)
            for column, table in enumerate(tables):
                certain = len(table.frequencies) == 1
                symbols[:, column] = table.lowest + (0 if certain else coder.decode(_model(table), count))
            decoded.append(symbols)
    except (AssertionError, ValueError) as error:
        raise BitstreamError(f"the entropy-coded payload is invalid: {error}") from error
    return decoded


def _model(table: SymbolTable) -> Any:
    # Multiples of 2⁻¹⁶ that sum to 1 are exact in floating point, and the library scales them by a power of two: no
    # rounding steers the coder.
    return load_constriction().stream.model.Categorical(table.frequencies / TOTAL, perfect=False)


def payload_of(coder: Any) -> bytes:
    """What a range encoder has written, without trailing zero bytes: the decoder reads zeros past the end."""
    words: npt.NDArray[np.uint32] = coder.get_compressed()
    return bytes(words.astype(">u4").tobytes().rstrip(b"\0"))


def decoder_of(payload: bytes) -> Any:
    """A range decoder of what :func:`payload_of` gave."""
    return load_constriction().stream.queue.RangeDecoder(words_of(payload))


def words_of(payload: bytes) -> npt.NDArray[np.uint32]:
    """The words of what :func:`payload_of` gave, with those that it left out: two at least."""
    padded = payload + bytes(-len(payload) % 4 + 8)
    return np.frombuffer(padded, ">u4").astype(np.uint32)


def load_constriction() -> Any:
    """The library of entropy coders.

    Raises:
        MissingBackend: it is not installed.
    """
    try:
        import constriction
    except ImportError as error:
        raise MissingBackend("learned codecs need constriction: pip install 'rdbench[neural]'") from error
    return constriction
