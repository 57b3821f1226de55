"""The audit, and the rows that it would have warned of."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pictures

from benchmark.codec import Codec, Image, Setting
from benchmark.colour.convert import ColourPath
from benchmark.plugins import codec_class
from benchmark.run.task import Task, run_task
from benchmark.workflows.audit import audit, finest, lossy_settings
from tests.backends.test_described import describe
from tests.conftest import ROOT, FindCodecs, Run, photo
from tests.packages import install_package

LIARS = '''
"""PNG under other names, with claims that do not hold."""
import dataclasses, io, os, threading, time
import numpy as np
from PIL import Image
from benchmark.codec import Codec, setting
from benchmark.colour.convert import ColourPath

@dataclasses.dataclass(frozen=True)
class Liar(Codec):
    name = "liar"
    summary = "claims what it does not keep"
    grid = {"how": ("well",)}
    lossless_at = {}
    how: str = setting("well")

    @classmethod
    def version(cls):
        return "liar 1"

    def encode(self, image):
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(image)).save(buffer, "PNG")
        return buffer.getvalue()

    @classmethod
    def decode(cls, data):
        return np.array(Image.open(io.BytesIO(data)))

@dataclasses.dataclass(frozen=True)
class Grey(Liar):
    name = "grey"
    channels = (1,)
    def encode(self, image):
        assert image.ndim == 2
        return super().encode(image)

@dataclasses.dataclass(frozen=True)
class Lossy(Liar):
    name = "lossy"
    @classmethod
    def decode(cls, data):
        return super().decode(data) // 2 * 2

@dataclasses.dataclass(frozen=True)
class Random(Liar):
    name = "random"
    def encode(self, image):
        return super().encode(image) + os.urandom(8)

@dataclasses.dataclass(frozen=True)
class Threaded(Liar):
    name = "threaded"
    def encode(self, image):
        count = int(os.environ["OMP_NUM_THREADS"]) if "OMP_NUM_THREADS" in os.environ else 1
        return super().encode(image) + bytes([count])

@dataclasses.dataclass(frozen=True)
class Cheating(Liar):
    name = "cheating"
    def colour_path(self, channels):
        return ColourPath("BT.601", True, "4:2:0", 8, "nobody")

@dataclasses.dataclass(frozen=True)
class Dying(Liar):
    name = "dying"
    def encode(self, image):
        if os.environ.get("OMP_NUM_THREADS") == "2":
            os._exit(3)
        return super().encode(image)

@dataclasses.dataclass(frozen=True)
class Busy(Liar):
    name = "busy"
    def encode(self, image):
        from concurrent.futures import ThreadPoolExecutor
        together = threading.Barrier(3)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(self.work, [together] * 3))  # what a thread raises is raised here
        return super().encode(image)

    @staticmethod
    def work(together):
        """Work in C, without Python's lock and without memory of its own, of all threads at once."""
        import hashlib
        together.wait()
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 20_000)
'''


@pytest.fixture
def liars(tmp_path: Path) -> str:
    """A package of codecs that lie, with its entry points, as pip would install it; the path that finds it."""
    site = tmp_path / "site"
    names = ("liar", "grey", "lossy", "random", "threaded", "cheating", "dying", "busy")
    install_package(site, "liars", LIARS, "codecs", {name: name.capitalize() for name in names})
    return f"{ROOT}{os.pathsep}{site}"


@pytest.mark.slow
def test_broken_promises_are_told(rdbench: Run, rdbench_process: Run, liars: str, tmp_path: Path) -> None:
    Pictures.fromarray(photo(48, 64)).save(tmp_path / "in.png")
    words = ("audit", "--image", "in.png", "--codecs")
    done = rdbench_process(
        *words, "liar,grey,lossy,random,threaded,cheating,dying", "--out", "audit.json", PYTHONPATH=liars, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = {entry["codec"]: entry for entry in json.loads((tmp_path / "audit.json").read_text())}
    for name in ("liar", "grey"):
        honest = found[name]
        assert (honest["problems"], honest["deterministic"], honest["lossless"]) == ([], True, "verified")
        assert honest["psnr"] == "inf"
    assert found["lossy"]["lossless"] == "broken"
    assert found["lossy"]["problems"] == ['not lossless at {"how":"well"}']
    assert found["random"]["problems"] == ["two encodes give other bytes"]
    assert found["threaded"]["problems"] == ["one thread and two give other bytes"]
    assert "psnr_rgb inf dB is above" in found["cheating"]["problems"][0]
    assert (found["cheating"]["matrix"], found["cheating"]["subsampling"]) == ("BT.601", "4:2:0")
    assert "ended with exit code 3" in found["dying"]["problems"][0]
    assert "dying: " in done.stdout

    done = rdbench_process(*words, "liar,jpeg", "--out", "audit.csv", PYTHONPATH=liars)
    rows = pd.read_csv(tmp_path / "audit.csv", keep_default_na=False).set_index("codec")
    assert list(rows["deterministic"]) == [True, True]
    jpeg = finest(codec_class("jpeg"))
    assert rows["overhead_1x1"]["jpeg"] == jpeg.overhead(jpeg.encode(photo(48, 64)[:1, :1]))
    assert "quality=100" in done.stdout
    for bad, complaint in (("--out=x.txt", "ends in .csv or .json"), ("--codecs=jpge", "unknown codec 'jpge'")):
        done = rdbench(*words, "png", bad, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert complaint in done.stderr


@pytest.mark.slow
def test_an_encoder_with_threads_is_audited(rdbench_process: Run, liars: str, tmp_path: Path) -> None:
    """How many threads are seen depends on the machine and its other work: tests/perf/test_threads.py."""
    Pictures.fromarray(photo(48, 64)).save(tmp_path / "in.png")
    rdbench_process("audit", "--image", "in.png", "--codecs", "busy,liar", "--out", "a.json", PYTHONPATH=liars)
    busy, liar = json.loads((tmp_path / "a.json").read_text())
    assert (liar["threads"] or 1, busy["problems"]) == (1, [])


def test_the_finest_setting_is_where_the_rate_is_highest() -> None:
    assert finest(codec_class("jpeg")).settings["quality"] == 100
    assert finest(codec_class("jpeg2000")).settings["psnr"] == 60.0
    assert finest(codec_class("png")).settings == {"level": 9}


BT601 = {
    "4:4:4": ColourPath("BT.601"),
    "4:2:2": ColourPath("BT.601", subsampling="4:2:2"),
    "4:2:0": ColourPath("BT.601", subsampling="4:2:0"),
}


def with_path(codec: str, path: ColourPath) -> type[Codec]:
    """The codec, saying that its colour path is this."""
    return type(codec, (codec_class(codec),), {"colour_path": lambda self, channels: path})


@pytest.fixture(scope="module")
def crops(kodak: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The middles of four photographs."""
    folder = tmp_path_factory.mktemp("crops")
    for name in ("kodim03.png", "kodim14.png", "kodim20.png", "kodim23.png"):
        with Pictures.open(kodak / name) as picture:
            picture.crop((256, 128, 512, 384)).save(folder / name)
    return folder


@pytest.mark.parametrize(
    ("codec", "settings", "path"),
    [
        *(("jpeg", {"quality": 100, "subsampling": name}, path) for name, path in BT601.items()),
        *(("avif", {"quality": 100, "subsampling": name, "speed": 8}, path) for name, path in BT601.items()),
        ("webp", {"quality": 100}, ColourPath("BT.601", full_range=False, subsampling="4:2:0")),
        ("jpeg2000", {"psnr": 60.0}, ColourPath("ICT")),
    ],
)
def test_nothing_honest_is_in_excess(
    crops: Path, codec: str, settings: dict[str, Setting], path: ColourPath, find_codecs: FindCodecs
) -> None:
    find_codecs(lambda name: with_path(name, path))
    spec = f"folder:{crops}"
    for item in sorted(path.name for path in crops.iterdir()):
        row = run_task(Task(spec, None, item, spec, codec, [settings], ("psnr",), 1, 1))[0]
        assert (row.status, row.reason) == ("ok", "")
        assert row.metrics["psnr_rgb"] > 35


@dataclasses.dataclass(frozen=True)
class Beside(Codec):
    """Says that it keeps 4:2:0, and keeps the pixels."""

    name = "beside"
    summary = "hands pixels past its colour path"
    grid: ClassVar[dict[str, Sequence[Setting]]] = {}

    @classmethod
    def version(cls) -> str:
        return "beside 1"

    def encode(self, image: Image) -> bytes:
        return codec_class("png")().encode(image)

    @classmethod
    def decode(cls, data: bytes) -> Image:
        return codec_class("png").decode(data) ^ np.uint8(1)

    def colour_path(self, channels: int) -> ColourPath:
        return ColourPath("BT.601", subsampling="4:2:0")


def test_a_row_above_its_ceiling_says_so(tmp_path: Path, find_codecs: FindCodecs) -> None:
    for index, image in enumerate((photo(48, 64), photo(48, 64, 1))):
        Pictures.fromarray(image).save(tmp_path / f"{index}.png")
    find_codecs(lambda name: Beside)
    spec = f"folder:{tmp_path}"
    colour, grey = (
        run_task(Task(spec, None, f"{index}.png", spec, "beside", [{}], ("psnr", "ms_ssim"), 1, 1))[0]
        for index in range(2)
    )
    assert colour.status == grey.status == "ok"
    assert colour.metrics["psnr_rgb"] == pytest.approx(20 * math.log10(255))
    assert "; psnr_rgb 48.13 dB is above the " in colour.reason
    assert "161" in colour.reason.partition(";")[0]
    assert colour.flags == ("undefined-metric", "above-ceiling")
    assert "above" not in grey.reason, "grey loses nothing in full range"


@pytest.mark.slow
def test_a_codec_of_a_toml_file_is_audited(tmp_path: Path) -> None:
    """Its encoder runs in processes of their own, which know it by its path alone."""
    finding = audit(str(describe(tmp_path)), photo(24, 24))
    assert finding.codec == "steps"
    assert (finding.deterministic, finding.problems) == (True, ())


class Hasty(codec_class("png")):  # type: ignore[misc]
    """Lossless but at the one level in a hurry."""

    name = "hasty"

    def encode(self, image: Image) -> bytes:
        changed = image.copy()
        changed[0, 0] ^= self.level == 3
        return bytes(super().encode(changed))


def test_every_effort_is_tried() -> None:
    assert lossy_settings(Hasty, photo(20, 20)) == ['{"level":3}']
    assert not lossy_settings(codec_class("png"), photo(20, 20))
