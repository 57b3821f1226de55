"""What codecs with a latent share: weights, streams, sizes."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from benchmark.codec import Setting
from benchmark.errors import BitstreamError, UnsupportedImage
from benchmark.neural.streams.container import Frame, pack, unpack
from benchmark.neural.weights import points, set_folders
from benchmark.plugins import codec_class
from tests.conftest import photo

pytestmark = [pytest.mark.neural, pytest.mark.slow]


SETS = [("vae", "rd"), ("vae", "elbo"), ("conv-ae", "rd"), ("conv-ae", "mse"), ("denoising-ae", "mse")]


CODECS = sorted({codec for codec, _ in SETS})


@pytest.mark.parametrize(("codec", "name"), SETS)
def test_sets_of_weights_are_shipped_with_their_cards(codec: str, name: str) -> None:
    assert name in set_folders(codec)
    known = points(codec, name)
    assert [point.quality for point in known] == list(codec_class(codec).grid["quality"])
    card = known[0].card
    for key in ("data", "seed", "points", "backend", "device", "training_seconds", "commit", "command", "versions"):
        assert card[key], key
    assert card["objective"] == name
    assert card["training_seconds"] * card["threads"] <= 2 * 3600, "more than an hour of two cores"
    bits = [point["validation"]["bits_per_tile"] for point in card["points"]]
    assert (np.diff(bits) > 0).all()


@pytest.mark.parametrize("name", CODECS)
def test_grey_of_any_size_and_no_colour(name: str) -> None:
    codec = codec_class(name)()
    for shape in ((1, 1), (29, 57), (3, 200)):
        assert codec.decode(codec.encode(photo(*shape, 1))).shape == shape
    with pytest.raises(UnsupportedImage, match="grey"):
        codec.encode(photo(28, 28, 3))


@pytest.mark.parametrize("name", CODECS)
def test_a_batch_has_one_header(name: str) -> None:
    images = np.stack([photo(28, 28, 1, seed) for seed in range(40)])
    codec = codec_class(name)()
    (stream,) = codec.encode_batch(images)
    assert codec.overhead(stream) < 50
    assert codec.decode_batch([stream]).shape == images.shape
    with pytest.raises(BitstreamError, match="holds 40 images"):
        codec.decode(stream)


@pytest.mark.parametrize("name", CODECS)
def test_weights_and_settings_travel_in_the_stream(name: str) -> None:
    image = photo(28, 28, 1)
    cls = codec_class(name)
    names = [found for codec, found in SETS if codec == name]
    streams = {}
    tried: list[dict[str, Setting]] = [{"quality": 1}, {"quality": 1, "step": 2.0}]
    tried += [{"quality": 3, "weights": found} for found in names]
    for settings in tried:
        stream = cls.from_settings(settings).encode(image)
        frame = unpack(stream, name)
        streams[frame.weights, frame.settings] = stream
        assert cls.decode(stream).shape == image.shape
    assert len(streams) == 2 + len(names)


@pytest.mark.parametrize("name", CODECS)
def test_mutated_streams_raise_or_decode_to_the_declared_size(name: str) -> None:
    """Payloads altered under a fitting checksum: the decoder survives whatever they say."""
    codec = codec_class(name)()
    image = photo(40, 50, 1)
    stream = codec.encode(image)
    header = codec.overhead(stream) - 4
    rng = np.random.default_rng(4)
    changed = 0
    for _ in range(80):
        broken = bytearray(stream)
        for place in rng.integers(header, len(stream) - 4, 3):
            broken[place] = rng.integers(256)
        broken[-4:] = zlib.crc32(broken[:-4]).to_bytes(4, "little")
        try:
            decoded = codec.decode(bytes(broken))
        except BitstreamError:
            continue
        assert decoded.shape == image.shape
        changed += not np.array_equal(decoded, codec.decode(stream))
    assert changed > 8, "the payload hardly matters"


@pytest.mark.parametrize("name", ["cvae", *CODECS])
def test_more_latent_numbers_than_a_decoder_should_allocate(name: str) -> None:
    """Tiny images are few samples, but each takes a whole tile."""
    codec = codec_class(name)()
    frame = unpack(codec.encode(photo(28, 28, 1)), name)
    bomb = pack(Frame(name, frame.weights, frame.settings, 1 << 27, 1, 1, 1, b""))
    with pytest.raises(BitstreamError, match="declared size exceeds"):
        codec.decode_batch([bomb])


def test_colour_under_weights_for_grey_is_told() -> None:
    codec = codec_class("vae")()
    frame = unpack(codec.encode(photo(28, 28, 1)), "vae")
    with pytest.raises(BitstreamError, match="weights for grey"):
        codec.decode(pack(Frame("vae", frame.weights, frame.settings, 1, 28, 28, 3, frame.payload)))
