"""How large streams are: the columns of a row that tell it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from benchmark.codec import Account, Codec
from benchmark.errors import PluginError
from benchmark.record.row import ESTIMATE
from benchmark.run.encoder import overhead_of
from benchmark.run.said import account_of, nominal_bits_of


def rate_bits(codec: Codec, streams: Sequence[bytes]) -> float:
    """Bits of streams; of a codec that has none, those that it estimates.

    Raises:
        PluginError: it estimates none.
    """
    if not codec.estimates:
        return 8 * sum(map(len, streams))
    bits = [
        account.estimated_bits if account else math.nan for account in (account_of(codec, stream) for stream in streams)
    ]
    if not all(0 < count < math.inf for count in bits):
        raise PluginError(f"{codec.name}: expected an estimate of bits above 0, got {bits}")
    return sum(bits)


def rates(codec: Codec, streams: Sequence[bytes], accounts: Sequence[Account], pixels: int) -> dict[str, Any]:
    """The columns that tell the size of streams: in bytes, and in bits for each of some pixels."""
    if codec.estimates:
        rate = rate_bits(codec, streams) / pixels
        return {"kind": ESTIMATE, "bpp": rate, "payload_bpp": rate, "estimated_bpp": rate}
    size = sum(map(len, streams))
    overhead = overhead_of(codec, streams)
    nominal = [bits for bits in (nominal_bits_of(codec, stream) for stream in streams) if bits is not None]
    return {
        "bytes": size,
        "overhead_bytes": overhead,
        "bpp": 8 * size / pixels,
        "payload_bpp": 8 * (size - overhead) / pixels,
        "nominal_bpp": sum(nominal) / pixels if nominal else None,
        "estimated_bpp": sum(account.estimated_bits for account in accounts) / pixels if accounts else None,
    }
