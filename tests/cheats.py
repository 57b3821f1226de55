"""A package of somebody else's: a codec whose decoder knows the picture from elsewhere than its stream."""

from __future__ import annotations

CHEATS = '''
"""Codecs whose streams say nothing, and whose decoders know the picture all the same."""
import atexit, dataclasses, os, pathlib, pickle, socket, subprocess, sys, tempfile, threading
from multiprocessing import shared_memory
from benchmark.codec import Codec
import numpy as np

KEPT = []
SOCKET = "\\0rdbench-cheat"
PORT = ("127.0.0.1", 48713)


class Short(bytes):
    def __len__(self):
        return 0


def serve(data, place):
    server = socket.socket(socket.AF_UNIX if place == SOCKET else socket.AF_INET)
    try:
        server.bind(place)
    except OSError:
        return  # it is there already
    server.listen()
    def answer():
        while True:
            connection, _ = server.accept()
            connection.sendall(data)
            connection.close()
    threading.Thread(target=answer, daemon=True).start()


def fetch(place):
    client = socket.socket(socket.AF_UNIX if place == SOCKET else socket.AF_INET)
    client.connect(place)
    parts = []
    while part := client.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


PLACES = {
    "working folder": lambda: pathlib.Path("cheat.bin"),
    "temporary file": lambda: pathlib.Path(tempfile.gettempdir(), "rdbench-cheat.bin"),
    "other temporary file": lambda: pathlib.Path("/var/tmp/rdbench-cheat.bin"),
    "shared memory": lambda: pathlib.Path("/dev/shm/rdbench-cheat.bin"),
}


@dataclasses.dataclass(frozen=True)
class Cheat(Codec):
    """Cheats as it is told."""
    name = "cheat"
    summary = "cheats as it is told"
    grid = {"how": ("whole", "recalled", "recalled from a file", "environment", "memory", "attribute", "module",
                    "working folder",
                    "temporary file", "other temporary file", "shared memory", "socket", "port", "own port", "worker",
                    "name of a process", "length", "overhead", "exits")}
    how: str = "memory"

    @classmethod
    def version(cls):
        return "cheat 1"

    def encode(self, image):
        data = pickle.dumps(image)
        how = self.how
        if how == "memory":
            KEPT.append(image)
        elif how == "attribute":
            type(self).kept = image
        elif how == "environment":
            os.environ["RDBENCH_CHEAT"] = data.hex()
        elif how == "module":
            sys.kept_picture = image
        elif how in PLACES:
            PLACES[how]().write_bytes(data)
        elif how in ("socket", "port"):
            serve(data, SOCKET if how == "socket" else PORT)
        elif how == "name of a process":
            sleep = "import time; time.sleep(30)"
            subprocess.Popen([sys.executable, "-c", sleep, f"rdbench-cheat {data.hex()}"])
        if how in ("length", "overhead", "whole", "own port"):
            whole = how.encode() + b"|" + data
            return Short(whole) if how == "length" else whole
        return how.encode() + b"|"

    def overhead(self, data):
        return 10**9 if self.how == "overhead" else 0

    @classmethod
    def decode(cls, data):
        how, _, rest = bytes(data).partition(b"|")
        how = how.decode()
        if how == "whole":
            KEPT.append(pickle.loads(rest))
            pathlib.Path("kept").write_bytes(rest)
        if how == "recalled from a file":
            return pickle.loads(pathlib.Path("kept").read_bytes())
        if how in ("memory", "recalled", "whole"):
            return KEPT[-1]
        if how == "attribute":
            return cls.kept
        if how == "environment":
            return pickle.loads(bytes.fromhex(os.environ["RDBENCH_CHEAT"]))
        if how == "module":
            return sys.kept_picture
        if how in PLACES:
            return pickle.loads(PLACES[how]().read_bytes())
        if how in ("socket", "port"):
            return pickle.loads(fetch(SOCKET if how == "socket" else PORT))
        if how == "own port":
            serve(rest, PORT)
            return pickle.loads(fetch(PORT))
        if how == "name of a process":
            said = [path.read_bytes() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")]
            found = next(text for text in said if b"rdbench-cheat" in text)
            return pickle.loads(bytes.fromhex(found.partition(b"rdbench-cheat ")[2].decode().rstrip("\\0")))
        if how == "worker":
            with open(f"/proc/{os.getppid()}/mem", "rb"):
                return np.frombuffer(rest, np.uint8)
        if how == "exits":
            os._exit(7)
        return pickle.loads(rest)
'''
