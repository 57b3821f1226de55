"""What the header of a JPEG XL codestream says of its colours (ISO/IEC 18181-1, annex D)."""

from __future__ import annotations

_D65, _CUSTOM = 1, 2
_RGB, _GREY = 0, 1
_SRGB_PRIMARIES, _SRGB_TRANSFER = 1, 13


class _Bits:
    """Bits of a stream, the least significant first."""

    def __init__(self, data: bytes) -> None:
        self._bits, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def u(self, count: int = 1) -> int:
        self._left -= count
        if self._left < 0:
            raise EOFError
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        return value

    def u32(self, *forms: tuple[int, int]) -> int:
        """A number of one of four forms: an offset, and how many bits are added."""
        offset, count = forms[self.u(2)]
        return offset + self.u(count)

    def enum(self) -> int:
        return self.u32((0, 0), (1, 0), (2, 4), (18, 6))


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of a codestream; 1×1 where it is too short to tell.

    Args:
        data: the stream, signature included.
    """
    try:
        return _size(_Bits(data[2:64]))
    except EOFError:
        return 1, 1


def colours_of(data: bytes) -> str:
    """What a codestream says of its colours that is other than sRGB; empty for nothing.

    Args:
        data: the stream, signature included, which its decoder took.
    """
    bits = _Bits(data[2:512])
    try:
        _size(bits)
        if bits.u():  # all as by default: sRGB, as it is
            return ""
        if bits.u():
            bits.u(3)  # orientation
            if bits.u():
                _size(bits)
            if bits.u(2):
                return "a preview or an animation"
        if bits.u():
            return "samples in floating point"
        bits.u32((8, 0), (10, 0), (12, 0), (1, 6))
        bits.u()
        if bits.u32((0, 0), (1, 0), (2, 4), (1, 12)):
            return "channels beside its colours"
        bits.u()
        return _encoding(bits)
    except EOFError:
        return "a header that is cut off"


def _size(bits: _Bits) -> tuple[int, int]:
    def side() -> int:
        return 8 * (bits.u(5) + 1) if small else bits.u32((1, 9), (1, 13), (1, 18), (1, 30))

    small = bool(bits.u())
    height, ratio = side(), bits.u(3)
    if not ratio:
        return side(), height
    over, under = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
    return height * over // under, height


def _encoding(bits: _Bits) -> str:
    if bits.u():
        return ""
    if bits.u():
        return "a colour profile within the stream"
    space, white = bits.enum(), bits.enum()
    if space not in (_RGB, _GREY) or white == _CUSTOM:
        return f"the colour space {space}, white {white}"
    primaries = bits.enum() if space == _RGB else _SRGB_PRIMARIES
    if primaries == _CUSTOM:
        return "other primaries"
    transfer = f"gamma {bits.u(24) / 1e7:.3g}" if bits.u() else str(bits.enum())
    usual = (white, primaries, transfer) == (_D65, _SRGB_PRIMARIES, str(_SRGB_TRANSFER))
    return "" if usual else f"colours of white {white}, primaries {primaries}, transfer {transfer}"
