"""The Netpbm formats PBM, PGM, PPM and PAM, read to the last bit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmark.formats.about import About

_SPACE = re.compile(rb"(?:\s|#[^\n\r]*[\n\r])+")
_WORD = re.compile(rb"[^\s#]+")
_CHANNELS = {b"1": 1, b"2": 1, b"3": 3, b"4": 1, b"5": 1, b"6": 3}
_TUPLES = {1: "grey", 2: "grey and alpha", 3: "RGB", 4: "RGB and alpha"}


@dataclass(frozen=True)
class _Header:
    form: bytes
    width: int
    height: int
    channels: int
    highest: int
    start: int

    @property
    def size(self) -> int:
        """Bytes of a picture in binary."""
        if self.form == b"4":
            return self.height * ((self.width + 7) // 8)
        return self.height * self.width * self.channels * (2 if self.highest > 255 else 1)


def is_pnm(data: bytes) -> bool:
    """Whether the first bytes are those of such a file."""
    return data[:1] == b"P" and data[1:2] in b"1234567" and data[2:3] in b" \t\r\n\v\f#" and len(data) > 3


def about_pnm(data: bytes) -> About:
    """What a file is.

    Raises:
        ValueError: it is damaged.
    """
    header = _header(data)
    frames = 1
    if header.form in b"4567" and header.size:
        # Pictures may follow each other; what follows and is none is damage.
        rest = data[header.start + header.size :]
        frames += bool(is_pnm(rest.lstrip()))
    return About(
        "PNM",
        header.width,
        header.height,
        kind="grey" if header.channels < 3 else "RGB",
        highest=header.highest,
        bits=header.highest.bit_length(),
        alpha=header.channels in (2, 4),
        frames=frames,
    )


def pnm_samples(data: bytes) -> npt.NDArray[Any]:
    """Samples of the first picture of a file, from 0 to its highest value: shape (H, W, C).

    Raises:
        ValueError: it is damaged: too short, or a value is above the highest.
    """
    header = _header(data)
    samples: npt.NDArray[Any]
    shape = header.height, header.width, header.channels
    if header.form in b"123":
        body = re.sub(rb"#[^\n\r]*", b"", data[header.start :])
        words = re.findall(rb"[01]", body) if header.form == b"1" else body.split()
        if len(words) < np.prod(shape):
            raise ValueError(f"it has {len(words)} of {int(np.prod(shape))} samples")
        try:
            samples = np.array(words[: int(np.prod(shape))], dtype="S").astype(np.int64).reshape(shape)
        except ValueError:
            raise ValueError("a sample is no number") from None
    else:
        body = data[header.start : header.start + header.size]
        if len(body) < header.size:
            raise ValueError(f"it has {len(body)} of {header.size} bytes of samples")
        if header.form == b"4":
            rows = np.frombuffer(body, np.uint8).reshape(header.height, -1)
            samples = np.unpackbits(rows, axis=1)[:, : header.width, np.newaxis]
        else:
            samples = np.frombuffer(body, ">u2" if header.highest > 255 else np.uint8).reshape(shape)
    if samples.min() < 0 or samples.max() > header.highest:
        raise ValueError(f"a sample is above {header.highest}, which it says is the highest")
    if header.form in b"14":  # where 1 is black
        samples = 1 - samples
    return samples.astype(np.uint16 if header.highest > 255 else np.uint8)


def _header(data: bytes) -> _Header:
    if not is_pnm(data):
        raise ValueError("its first bytes are not those of a PNM file")
    form = data[1:2]
    if form == b"7":
        return _pam_header(data)
    numbers: list[int] = []
    position = 2
    for _ in range(2 if form in b"14" else 3):
        space = _SPACE.match(data, position)
        word = _WORD.match(data, space.end()) if space else None
        if word is None or not word[0].isdigit() or len(word[0]) > 9:
            raise ValueError("its header is damaged: expected width, height and highest value in digits")
        numbers.append(int(word[0]))
        position = word.end()
    width, height, highest = (*numbers, 1)[:3]
    if not (width and height and 0 < highest < 65536):
        raise ValueError(f"its header claims {width}×{height} pixels with values up to {highest}")
    return _Header(form, width, height, _CHANNELS[form], highest, position + 1)


def _pam_header(data: bytes) -> _Header:
    end = re.search(rb"\nENDHDR[^\n]*\n", data[:10000])
    if end is None:
        raise ValueError("its header has no end")
    fields = {}
    for line in data[3 : end.start()].decode("latin-1").splitlines():
        words = line.split(None, 1)
        if len(words) == 2 and not line.startswith("#"):
            fields[words[0]] = words[1].strip()
    try:
        width, height, channels, highest = (int(fields[name]) for name in ("WIDTH", "HEIGHT", "DEPTH", "MAXVAL"))
    except (KeyError, ValueError):
        raise ValueError("its header is damaged: expected WIDTH, HEIGHT, DEPTH and MAXVAL") from None
    if not (width > 0 and height > 0 and channels in _TUPLES and 0 < highest < 65536):
        raise ValueError(f"its header claims {width}×{height} pixels of {channels} samples up to {highest}")
    return _Header(b"7", width, height, channels, highest, end.end())
