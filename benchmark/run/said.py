"""What a codec says of itself, checked: a row must hold numbers and short texts alone, whatever a plug-in returns."""

from __future__ import annotations

import math
import numbers
from dataclasses import asdict
from typing import Any

from benchmark.codec import Account, Codec, Complexity
from benchmark.errors import PluginError

MOST = 200
"""Characters of a text."""


def account_of(codec: Codec, stream: bytes) -> Account | None:
    """What one stream cost; None where the codec does not count it.

    Raises:
        PluginError: it says something else.
    """
    found = codec.account(stream)
    if found is None:
        return None
    if not isinstance(found, Account):
        raise PluginError(f"account: expected an Account, got {type(found).__name__}")
    checked = {name: _number(f"account: {name}", value) for name, value in asdict(found).items() if value is not None}
    if "estimated_bits" not in checked:
        raise PluginError("account: expected estimated_bits, got None")
    return Account(**checked)


def complexity_of(codec: Codec, height: int, width: int, channels: int) -> Complexity | None:
    """What a learned codec computes for an image of this size; None of other codecs.

    Raises:
        PluginError: it says something else.
    """
    found = codec.complexity(height, width, channels)
    if found is None:
        return None
    if not isinstance(found, Complexity):
        raise PluginError(f"complexity: expected a Complexity, got {type(found).__name__}")
    encode, decode = (
        None if value is None else int(_number(f"complexity: {name}", value))
        for name, value in (("encode_macs", found.encode_macs), ("decode_macs", found.decode_macs))
    )
    return Complexity(int(_number("complexity: parameters", found.parameters)), encode, decode)


def nominal_bits_of(codec: Codec, stream: bytes) -> float | None:
    """The bits that a stream is said to have by the design of the codec; None where it has no such number.

    Raises:
        PluginError: it is no number.
    """
    found = codec.nominal_bits(stream)
    return None if found is None else _number("nominal_bits", found)


def device_of(codec: Codec) -> str:
    """What computes the streams of a codec.

    Raises:
        PluginError: it is no text, or a long one.
    """
    found = codec.device()
    if not isinstance(found, str) or len(found) > MOST:
        got = f"{len(found)} characters" if isinstance(found, str) else type(found).__name__
        raise PluginError(f"device: expected a text of at most {MOST} characters, got {got}")
    return "".join(found)  # a plain one, whatever class it has


def _number(what: str, value: Any) -> Any:
    """A number of 0 or more, as it is.

    Raises:
        PluginError: it is none.
    """
    try:
        is_number = type(value) is not bool and isinstance(value, numbers.Real) and 0 <= float(value) < math.inf
    except (TypeError, ValueError, OverflowError):
        is_number = False
    if not is_number:
        raise PluginError(f"{what}: expected a number of 0 or more, got {value!r}"[: 2 * MOST])
    return float(value) if not isinstance(value, int) else int(value)
