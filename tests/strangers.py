"""Packages of strangers: plug-ins that do harm as soon as they are imported, or as they are asked what they are."""

from __future__ import annotations

from pathlib import Path

from tests.packages import install_package

CODEC = '''
import ctypes, os, subprocess, sys, threading, time
{at_import}
import dataclasses
from benchmark.codec import Codec, Knob, setting
from benchmark.errors import BitstreamError, SettingError
import numpy as np

@dataclasses.dataclass(frozen=True)
class Stranger(Codec):
    """Pixels as they are."""
    name = "{name}"
    summary = "pixels as they are"
    grid = {{"q": (1, 2)}}
    knob = Knob("q", 1, 9)
    endings = (".{name}",)
    q: int = setting(1, low=1, high=9)
{member}
    @classmethod
    def version(cls):
        {at_version}
        return "stranger 1"

    @classmethod
    def recognises(cls, data):
        return data.startswith(b"{name}")

    def encode(self, image):
        head = np.array([image.ndim, *image.shape, *[0] * (3 - image.ndim)], np.int32).tobytes()
        return b"{name}".ljust(8)[:8] + head + image.tobytes()

    @classmethod
    def decode(cls, data):
        n, *shape = np.frombuffer(data[8:24], np.int32)
        return np.frombuffer(data[24:], np.uint8).reshape(shape[:n])
'''

IMPORTS = {
    "hangs": "time.sleep(60)",
    "exits": "sys.exit(0)",
    "vanishes": "os._exit(0)",
    "crashes": "print('a last word'); sys.stdout.flush(); ctypes.string_at(0)",
    "raises": "1 / 0",
    "interrupts": "raise KeyboardInterrupt",
    "kills": "os.kill(0, 9)",
    "usurps": "os.kill(os.getppid(), 9); time.sleep(60)",
    "recurses": "exec('def f(): f()'); f()",
    "floods": "sys.stderr.write('x' * 10**7); sys.exit('enough')",
}
"""What codecs that cannot be used do as they are imported."""

VERSIONS = {"stays": "time.sleep(60)", "leaves": "os._exit(3)"}
"""What codecs do that cannot be used, but tell their settings."""

HARMLESS = {
    "prints": "print('hello'); os.write(1, b'raw')",
    "closes": "os.close(1); os.close(2)",
    "litters": "subprocess.Popen(['setsid', 'sleep', '77778'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)",
    "forks": "os.fork()",
    "waits": "threading.Timer(3, lambda: os._exit(0)).start()",
}
"""What codecs do as they are imported that can be used all the same."""


def install_codec(site: Path, name: str, *, at_import: str = "", at_version: str = "pass", member: str = "") -> None:
    """Puts a package with one codec into a folder, as pip would install it."""
    code = CODEC.format(name=name, at_import=at_import, at_version=at_version, member=member)
    install_package(site, f"stranger_{name}", code, "codecs", {name: "Stranger"})


def install_strangers(site: Path) -> None:
    """Puts the packages of all these codecs into a folder, and one that is as it should be, named ``fine``."""
    for name, deed in (IMPORTS | HARMLESS).items():
        install_codec(site, name, at_import=deed)
    for name, deed in VERSIONS.items():
        install_codec(site, name, at_version=deed)
    install_codec(site, "fine")
