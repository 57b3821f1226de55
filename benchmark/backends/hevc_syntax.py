"""The syntax of HEVC (ITU-T H.265) that a still picture needs: NAL units and parameter sets.

The parameter sets that a stream needs are written here, with nothing in them that one still picture does not use; so
raw HEVC gets short headers, and BPG, which leaves them out, gets them back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from benchmark.errors import BitstreamError

VPS, SPS, PPS, PREFIX_SEI, END = 32, 33, 34, 39, 37
SLICES = (19, 20)
"""Types of the NAL units of a picture that starts a stream: IDR_W_RADL and IDR_N_LP."""

CHROMA = {"4:0:0": 0, "4:2:0": 1, "4:4:4": 3}
"""``chroma_format_idc`` of a subsampling; 4:0:0 is grey."""


class Tools(NamedTuple):
    """The fields of a sequence parameter set that steer the decoding of an intra slice, by their names in H.265."""

    log2_min_luma_coding_block_size_minus3: int
    log2_diff_max_min_luma_coding_block_size: int
    log2_min_luma_transform_block_size_minus2: int
    log2_diff_max_min_luma_transform_block_size: int
    max_transform_hierarchy_depth_intra: int
    sample_adaptive_offset_enabled_flag: int
    strong_intra_smoothing_enabled_flag: int

    @property
    def block(self) -> int:
        """Side of the smallest coding block: the coded width and height are multiples of it."""
        return 8 << self.log2_min_luma_coding_block_size_minus3


class Sps(NamedTuple):
    """A sequence parameter set for one picture.

    Attributes:
        chroma: ``chroma_format_idc``: 0 grey, 1 4:2:0, 3 4:4:4.
        depth: bits of a sample.
        width, height: the size of the coded picture, in luma samples.
        right, bottom: what the conformance window cuts off, in chroma samples.
        tools: the rest.
    """

    chroma: int
    depth: int
    width: int
    height: int
    right: int
    bottom: int
    tools: Tools


class BitWriter:
    """Bits from the most significant on, with the codes of H.265, clause 9.2."""

    def __init__(self) -> None:
        self.bits = ""

    def u(self, value: int, size: int = 1) -> None:
        """An unsigned integer of a number of bits."""
        self.bits += f"{value:0{size}b}"

    def ue(self, value: int) -> None:
        """Exp-Golomb code of an unsigned integer."""
        code = f"{value + 1:b}"
        self.bits += "0" * (len(code) - 1) + code

    def se(self, value: int) -> None:
        """Exp-Golomb code of a signed integer."""
        self.ue(2 * value - 1 if value > 0 else -2 * value)

    def tobytes(self) -> bytes:
        """All of them, filled up to whole bytes with zeros."""
        size = -(-len(self.bits) // 8)
        return int(self.bits.ljust(8 * size, "0") or "0", 2).to_bytes(size, "big")


class BitReader:
    """Reads what :class:`BitWriter` writes.

    Raises:
        BitstreamError: beyond the end, or a code of more than 32 bits.
    """

    def __init__(self, data: bytes) -> None:
        self.bits = "".join(f"{byte:08b}" for byte in data)
        self.place = 0

    def u(self, size: int = 1) -> int:
        """An unsigned integer of a number of bits."""
        if self.place + size > len(self.bits):
            raise BitstreamError("a parameter set ends too early")
        self.place += size
        return int(self.bits[self.place - size : self.place], 2)

    def ue(self) -> int:
        """Exp-Golomb code of an unsigned integer."""
        zeros = self.bits.find("1", self.place) - self.place
        if not 0 <= zeros <= 32:
            raise BitstreamError("a parameter set holds no valid number")
        self.place += zeros
        return self.u(zeros + 1) - 1


def unit(kind: int, payload: bytes) -> bytes:
    """A NAL unit of a payload, in which no start code can occur (clause 7.4.2)."""
    return bytes((kind << 1, 1)) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", payload)


def payload_of(nal: bytes) -> bytes:
    """What :func:`unit` was given."""
    return nal[2:].replace(b"\0\0\3", b"\0\0")


def split(stream: bytes) -> list[bytes]:
    """NAL units of a stream that is separated by start codes (annex B), which are left out.

    Raises:
        BitstreamError: it does not begin with a start code.
    """
    before, *units = stream.split(b"\0\0\1")
    if before.strip(b"\0") or not units:
        raise BitstreamError("not an HEVC stream: no start code at its beginning")
    return [nal.rstrip(b"\0") for nal in units]  # a NAL unit never ends in a zero: it is of the next start code


def join(units: Sequence[bytes]) -> bytes:
    """A stream of NAL units after start codes: of four bytes for parameter sets, as annex B has it, and three else."""
    codes = (b"\0\0\0\1" if kind_of(nal) in (VPS, SPS, PPS) else b"\0\0\1" for nal in units)
    return b"".join(code + nal for code, nal in zip(codes, units, strict=True))


def kind_of(nal: bytes) -> int:
    """Type of a NAL unit of layer 0; −1 where it is none."""
    return nal[0] >> 1 if len(nal) >= 2 and nal[0] & 0x81 == 0 and nal[1] == 1 else -1


def parameter_sets(sps: Sps) -> list[bytes]:
    """Video and sequence parameter set.

    The profile is Main 4:4:4 16 Still Picture at level 8.5, which sets no limits, as the BPG specification has it. The
    colours are told: sRGB, BT.601 full range, chroma between the samples of luma.
    """
    return [unit(VPS, _video().tobytes()), unit(SPS, _sequence(sps).tobytes())]


def _profile(bits: BitWriter) -> None:
    bits.u(4, 8)  # no profile space, main tier, format range extensions
    bits.u(1 << 27, 32)  # compatible with itself
    bits.u(0b1001, 4)  # progressive, frames only
    bits.u(0b000000111, 9)  # any depth and chroma; intra, one picture only, at a lower bit rate
    bits.u(0, 35)
    bits.u(255, 8)


def _video() -> BitWriter:
    bits = BitWriter()
    bits.u(0b000011, 6)  # base layer, inside the stream
    bits.u(0b0000000001, 10)  # one layer, one sub-layer, temporal nesting
    bits.u(0xFFFF, 16)
    _profile(bits)
    bits.u(1)
    for value in (0, 0, 0):  # one picture in the buffer, none reordered
        bits.ue(value)
    bits.u(0, 6)
    bits.ue(0)
    bits.u(0b001, 3)  # no timing, no extension
    return bits


def _sequence(sps: Sps) -> BitWriter:
    tools, window = sps.tools, (0, sps.right, 0, sps.bottom)
    bits = BitWriter()
    bits.u(0b00000001, 8)  # of that VPS, one sub-layer, temporal nesting
    _profile(bits)
    bits.ue(0)
    bits.ue(sps.chroma)
    if sps.chroma == 3:
        bits.u(0)
    bits.ue(sps.width)
    bits.ue(sps.height)
    bits.u(any(window))
    for value in window if any(window) else ():
        bits.ue(value)
    for value in (sps.depth - 8, sps.depth - 8, 4):
        bits.ue(value)
    bits.u(1)
    depth = tools.max_transform_hierarchy_depth_intra
    for value in (0, 0, 0, *tools[:4], depth, depth):
        bits.ue(value)
    bits.u(0b01, 2)  # no scaling lists; asymmetric partitions, as BPG assumes
    bits.u(tools.sample_adaptive_offset_enabled_flag)
    bits.u(0b01, 2)  # no PCM, no reference picture sets
    bits.u(0b01, 2)  # no long-term references; motion vector prediction, as BPG assumes
    bits.u(tools.strong_intra_smoothing_enabled_flag)
    bits.u(0b1001, 4)  # video usability information: no aspect ratio, no overscan, but a signal type:
    bits.u(0b10111, 5)  # unspecified format, full range, and a description of the colours:
    for value in (1, 13, 5):
        bits.u(value, 8)
    bits.u(sps.chroma == 1)
    if sps.chroma == 1:
        bits.ue(1)
        bits.ue(1)
    bits.u(0b00000001, 8)  # no fields, window, timing or restrictions; no extension
    return bits


def read_sps(nal: bytes) -> Sps:
    """What a sequence parameter set of x265 or :func:`parameter_sets` says, as far as an intra picture depends on it.

    Raises:
        BitstreamError: it is none, or has a tool that neither writes.
    """
    if kind_of(nal) != SPS:
        raise BitstreamError("not an HEVC stream of this bench: no sequence parameter set where it should be")
    bits = BitReader(payload_of(nal))
    plain = [bits.u(8) & 0xFE == 0]
    bits.u(96)
    plain.append(bits.ue() == 0)
    chroma = bits.ue()
    if chroma == 3:
        plain.append(bits.u() == 0)
    width, height = bits.ue(), bits.ue()
    left, right, top, bottom = [bits.ue() for _ in range(4)] if bits.u() else [0] * 4
    depths = bits.ue() + 8, bits.ue() + 8
    plain += [left == top == 0, depths[0] == depths[1], bits.ue() == 4]
    bits.u()
    for _ in range(3):
        bits.ue()
    blocks = [bits.ue() for _ in range(4)]
    bits.ue()
    hierarchy = bits.ue()
    plain.append(bits.u() == 0)  # scaling lists
    bits.u()
    sao = bits.u()
    plain += [bits.u() == 0, bits.ue() == 0, bits.u() == 0]  # PCM, reference sets, long-term references
    bits.u()
    if not all(plain):
        raise BitstreamError("a sequence parameter set that this bench does not write")
    return Sps(chroma, depths[0], width, height, right, bottom, Tools._make((*blocks, hierarchy, sao, bits.u())))
