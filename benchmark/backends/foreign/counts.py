"""What a network of PyTorch computes: its parameters, and the multiply-accumulates of an encode and of a decode.

One multiplication with the addition that follows it is one multiply-accumulate. Convolutions, transposed convolutions
and products of matrices count, with what a model adds to an image as padding, and with the zeros at its borders.
Additions and multiplications element by element, and the entropy coder, do not.

As :mod:`benchmark.backends.foreign.worker`, which loads it, it takes Python 3.8 and its library alone.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, Optional, Tuple


def counts_of(codec: Any, image: Any) -> Dict[str, Optional[int]]:
    """Parameters, and multiply-accumulates to encode an image and to decode it; None where nothing is known.

    A codec without an entropy coder has its estimate counted in place of the encode.

    Args:
        codec: an instance of a class with networks of PyTorch among its attributes, or none.
        image: what the codec takes.
    """
    found = {"parameters": parameters_of(codec), "encode_macs": None, "decode_macs": None}
    if found["parameters"] is None:
        return found
    try:
        if hasattr(codec, "encode"):
            stream, found["encode_macs"] = counted(lambda: codec.encode(image))
            _, found["decode_macs"] = counted(lambda: codec.decode(bytes(stream)))
        else:
            _, found["encode_macs"] = counted(lambda: codec.estimate_bits(image))
    except Exception:  # a class may raise anything, and a PyTorch before 2.1 has no counter: then it is not known
        pass
    return found


def parameters_of(codec: Any) -> Optional[int]:
    """The numbers in all networks of a codec, those that are shared once; None where it has no network."""
    parameters = {id(each): each for network in networks_of(codec) for each in network.parameters()}
    return sum(each.numel() for each in parameters.values()) if parameters else None


def networks_of(codec: Any) -> Iterator[Any]:
    """The codec, its attributes and the members of these, as far as they are networks."""
    attributes = list(vars(codec).values()) if hasattr(codec, "__dict__") else []
    for value in [codec] + attributes:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else [value]
        for member in members:
            if callable(getattr(member, "parameters", None)) and hasattr(member, "state_dict"):
                yield member


def counted(work: Callable[[], Any]) -> Tuple[Any, int]:
    """What some work returns, and how many multiply-accumulates PyTorch does for it.

    Raises:
        ImportError: PyTorch is older than 2.1.
    """
    from torch.utils.flop_counter import FlopCounterMode  # type: ignore[import-not-found, unused-ignore]

    with FlopCounterMode(display=False) as counter:
        returned = work()
    return returned, int(counter.get_total_flops()) // 2  # it counts a multiplication and an addition as two
