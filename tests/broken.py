"""A package of somebody else's: a codec that fails in every way."""

from __future__ import annotations

BROKEN = '''
"""Codecs that fail in every way."""
import asyncio, ctypes, dataclasses, os, subprocess, time
from benchmark.codec import Codec, check_image
from benchmark.errors import UnsupportedImage
import numpy as np

class Mute(BaseException):
    def __str__(self):
        raise SystemExit(0)

ENDS = {
    "exits": SystemExit(0),
    "interrupts": KeyboardInterrupt(),
    "stops": GeneratorExit("so"),
    "cancels": asyncio.CancelledError(),
    "mute": Mute(),
}

@dataclasses.dataclass(frozen=True)
class Broken(Codec):
    """Fails as it is told."""
    name = "broken"
    summary = "fails as it is told"
    grid = {"how": ("well", "raises", "decoder", "shape", "skips")}
    how: str = "well"

    @classmethod
    def version(cls):
        return "broken 1"

    def encode(self, image):
        if self.how == "raises":
            raise RuntimeError("deliberate\\nfailure")
        if self.how == "skips":
            raise UnsupportedImage("will not take it")
        if self.how == "crashes":
            os._exit(7)
        if self.how == "kills":
            os.killpg(0, 9)
        if self.how == "usurps":
            os.kill(os.getppid(), 9)
            time.sleep(60)
        if self.how == "hangs":
            time.sleep(60)
        if self.how in ENDS:
            raise ENDS[self.how]
        if self.how == "litters":  # as daemons do: in a session of their own, their parent gone
            subprocess.run("setsid sleep 77777 & sleep 77777 &", shell=True, check=True)
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.execvp("sleep", ["sleep", "77777"])
                os._exit(0)
            os.wait()
        if self.how == "waits":
            subprocess.run(["setsid", "sleep", "77777"], check=True)
        if self.how == "scribbles":  # through a pointer: no flag of the array hinders it
            ctypes.memset(image.ctypes.data, 9, image.nbytes)
        head = np.array([image.ndim, *image.shape, *[0] * (3 - image.ndim)], np.int32).tobytes()
        return self.how[:1].encode() + head + image.tobytes()

    @classmethod
    def decode(cls, data):
        if data[:1] == b"d":
            raise ValueError("cannot decode")
        n, *shape = np.frombuffer(data[1:17], np.int32)
        image = np.frombuffer(data[17:], np.uint8).reshape(shape[:n])
        return image[:-1] if data[:1] == b"s" else image
'''
