"""A package of somebody else's: a codec that does harm in every way that a row can."""

from __future__ import annotations

from pathlib import Path

from tests.packages import install_package

HOSTILE = '''
"""Does harm as it is told: in its encoder, in its decoder, or in what it says of its streams."""
import ctypes, dataclasses, gc, os, pickle, random, resource, signal, subprocess, sys, threading, time
from benchmark.codec import Account, Codec, Complexity
from benchmark.errors import OutputError, Unreachable
from benchmark.record.row import SCHEMA, Record
from benchmark.run.measure import Unkept
from benchmark.run.task import Begun
import numpy as np


class Mute(BaseException):
    def __str__(self):
        raise SystemExit(0)


class Long(Exception):
    def __str__(self):
        return "a\\x1b[31m\\nlong \\udce9 word" + "!" * 10**7


class Sticky(Exception):
    """Runs code where it is unpickled, and cannot be pickled where it is not."""
    def __reduce__(self):
        return os._exit, (9,)


class Short(bytes):
    def __len__(self):
        return 0


def raised(error):
    raise error


def say(message):
    """Speaks for the worker."""
    frame = sys._getframe()
    while not hasattr(frame.f_locals.get("told"), "send_bytes"):
        frame = frame.f_back
    frame.f_locals["told"].send_bytes(message)


def row_of_another():
    cells = {"schema": str(SCHEMA), "dataset": "folder:pictures", "image": "0.png", "codec": "jpeg", "bpp": "0.001"}
    more = {"settings": '{"quality":20}', "status": "ok", "images": "1", "width": "8", "height": "8"}
    return Record.from_cells({**cells, **more})


def deaf():
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(1)


def litter():
    subprocess.run("setsid sleep 77777 & sleep 77777 &", shell=True, check=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (1, 2, 15):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(77777)
        os._exit(0)


def returns_twice():
    if os.fork() == 0:
        return  # the child goes on as if it were the worker


def vandalise():
    import json, pickle
    json.dumps = pickle.dumps = np.concatenate = None


def unsettle():
    os.chdir("/")
    os.umask(0o777)
    os.environ.clear()
    random.seed(0), np.random.seed(0), gc.disable(), sys.path.clear()
    sys.stdout = sys.stderr = None
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    np.seterr(all="raise")


SETS_A_CLASS = (
    b"\\x80\\x04(\\x8c\\x04stepcbenchmark.record.row\\nRecord\\n(N}\\x8c\\x07settledNstbt."
)
HASHES_FOR_EVER = b"\\x80\\x04(\\x8c\\x04step})" + b"2\\x86" * 64 + b"Nst."

ENCODERS = {
    "error": lambda: raised(RuntimeError("deliberate\\nfailure")),
    "disk": lambda: raised(OutputError("no room for you")),
    "unkept": lambda: raised(Unkept("no room for your streams")),
    "unreachable": lambda: raised(Unreachable("there is nothing to reach")),
    "exit": lambda: sys.exit(0),
    "interrupt": lambda: raised(KeyboardInterrupt()),
    "generator": lambda: raised(GeneratorExit("so")),
    "mute": lambda: raised(Mute()),
    "long": lambda: raised(Long()),
    "sticky": lambda: raised(Sticky("so")),
    "recursion": lambda: exec("def f(): f()\\nf()", {}),
    "hoard": lambda: bytearray(10**13),
    "stop": lambda: raised(StopIteration("early")),
    "flood": lambda: [os.write(place, b"x" * 10**6 + b"\\n") for place in (1, 2)],
    "litter": litter,
    "thread": lambda: threading.Thread(target=time.sleep, args=(600,)).start(),
    "fork": returns_twice,
    "unsettle": unsettle,
    "files": lambda: (resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0)), open("/dev/null")),
    "leave": lambda: (os.write(2, b"my last words\\n"), os._exit(7)),
    "well": lambda: os._exit(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "group": lambda: os.killpg(0, signal.SIGKILL),
    "parent": lambda: (os.kill(os.getppid(), signal.SIGKILL), time.sleep(60)),
    "segment": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "sleep": lambda: time.sleep(600),
    "deaf": deaf,
    "alarm": lambda: (signal.setitimer(signal.ITIMER_REAL, 0.001), time.sleep(5)),
    "close": lambda: os.closerange(3, 300),
    "vandal": vandalise,
    "say number": lambda: (say(pickle.dumps(("end", 42))), time.sleep(60)),
    "say row": lambda: (say(pickle.dumps(("step", row_of_another()))), time.sleep(60)),
    "say place": lambda: (say(pickle.dumps(("step", Begun(-50)))), time.sleep(60)),
    "say class": lambda: (say(SETS_A_CLASS), time.sleep(60)),
    "say depth": lambda: (say(HASHES_FOR_EVER), time.sleep(60)),
}
"""What encoders do before they encode."""

STREAMS = {
    "text": str,
    "nothing": lambda data: None,
    "view": memoryview,
    "length": Short,
    "array": lambda data: np.frombuffer(data, np.uint8),
}
"""What encoders return in place of bytes."""

DECODERS = {
    "raise": lambda image: raised(ValueError("cannot decode")),
    "quit": lambda image: sys.exit(0),
    "vanish": lambda image: os._exit(0),
    "fault": lambda image: ctypes.string_at(0),
    "rest": lambda image: time.sleep(600),
    "gorge": lambda image: bytearray(10**13),
    "shape": lambda image: image[:-1],
    "float": lambda image: image / 255,
    "list": lambda image: image.tolist(),
    "none": lambda image: None,
    "vast": lambda image: np.broadcast_to(np.uint8(0), (10**6, 10**6, 3)),
    "babble": lambda image: (os.write(1, b"not an answer" * 1000), image)[1],
    "twice": lambda image: (returns_twice(), image)[1],
    "orphan": lambda image: (subprocess.Popen(["setsid", "sleep", "77777"]), image)[1],
}
"""What decoders return in place of an image."""

OF_ITSELF = {
    "device": 5,
    "account": Account(float("nan")),
    "complexity": Complexity(1, float("nan"), 2),
    "nominal": float("inf"),
}
"""What they say of themselves."""

LAST = {"say end": lambda: say(pickle.dumps(("end", None)))}
"""What would spoil the rows of the same codec and picture that come after it."""

SAYS = {"negative": -1, "huge": 10**9, "words": "none"}
"""What they say of the overhead."""


@dataclasses.dataclass(frozen=True)
class Hostile(Codec):
    """Pixels as they are, and harm."""
    name = "hostile"
    summary = "does harm as it is told"
    grid = {"how": (*ENCODERS, *STREAMS, *DECODERS, *SAYS, *OF_ITSELF, "scribble", "memory", *LAST)}
    how: str = "error"

    @classmethod
    def version(cls):
        return "hostile 1"

    def encode(self, image):
        if self.how in {**ENCODERS, **LAST}:
            {**ENCODERS, **LAST}[self.how]()
        if self.how == "scribble":
            ctypes.memset(image.ctypes.data, 9, image.nbytes)
        if self.how == "memory":
            Hostile.kept = image
        head = np.array([image.ndim, *image.shape, *[0] * (3 - image.ndim)], np.int32).tobytes()
        data = self.how.encode().ljust(16) + head + image.tobytes()
        return STREAMS.get(self.how, bytes)(data)

    def device(self):
        return OF_ITSELF["device"] if self.how == "device" else "cpu"

    def account(self, data):
        return OF_ITSELF["account"] if self.how == "account" else None

    def complexity(self, height, width, channels):
        return OF_ITSELF["complexity"] if self.how == "complexity" else None

    def nominal_bits(self, data):
        return OF_ITSELF["nominal"] if self.how == "nominal" else None

    def overhead(self, data):
        return SAYS.get(self.how, 0)

    @classmethod
    def decode(cls, data):
        how = bytes(data[:16]).decode().strip()
        if how == "memory":
            return cls.kept
        n, *shape = np.frombuffer(data[16:32], np.int32)
        image = np.frombuffer(data[32:], np.uint8).reshape(shape[:n])
        return DECODERS[how](image) if how in DECODERS else image
'''


def install_hostile(site: Path) -> None:
    """Puts the package into a folder, as pip would install it."""
    install_package(site, "hostile", HOSTILE, "codecs", {"hostile": "Hostile"})
