"""Codecs that a TOML file describes: an encoder and a decoder program, a knob and further settings.

    name = "cjpeg"
    encode = ["cjpeg", "-quality", "{quality}", "-dct", "{dct}", "-outfile", "{output}", "{input}"]
    decode = ["djpeg", "-outfile", "{output}", "{input}"]
    version = ["cjpeg", "-version"]  # its first line stands in the records; without it, "unknown version"

    input = "pnm"       # or "png": the image that the encoder reads; pnm is PPM for colour and PGM for grey
    stream = "jpg"      # endings of the files that the programs write; by default bin and
    output = "ppm"      # ppm, for a PNM or PNG file of 8 bits
    timeout = 300       # seconds for each run of a program
    memory = 4096       # MiB of address space for each of its processes, on Linux

    [knob]              # without it the codec is one operating point
    name = "quality"
    low = 1
    high = 100
    default = 75
    increasing = true   # whether the rate grows with it
    grid = [10, 30, 50, 70, 90]

    [settings.dct]      # further settings; the type is that of the default
    default = "int"
    choices = ["int", "fast", "float"]  # or low and high; grid, where the default sweep has several values

A program is a name on ``PATH`` or a path, from the folder of the file where it is relative; so is an argument that
names a file there, such as a script. ``{input}``, ``{output}`` and, to encode, ``{SETTING}`` may stand anywhere in an
argument; all have to stand somewhere.
"""

from __future__ import annotations

import dataclasses
import glob
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image as Pictures

from benchmark.backends.declared import (
    PLACEHOLDER,
    DeclaredCodec,
    Kinds,
    check_keys,
    check_limits,
    check_name,
    declare,
)
from benchmark.backends.foreign.reading import foreign_codec
from benchmark.backends.pillow import decode_image_file
from benchmark.codec import Image, Setting, check_image
from benchmark.errors import BitstreamError, ProgramError, UsageError
from benchmark.formats import png
from benchmark.system.documents import read_toml
from benchmark.system.program import MEMORY, TIMEOUT, find_program, private_folder, run_program

_ENDING = re.compile(r"[A-Za-z0-9.]+")
_FILES = ("input", "output")

_KEYS: Kinds = {
    "name": (str,),
    "summary": (str,),
    "encode": (list,),
    "decode": (list,),
    "version": (list,),
    "input": (str,),
    "stream": (str,),
    "output": (str,),
    "timeout": (int, float),
    "memory": (int,),
    "knob": (dict,),
    "settings": (dict,),
}


@dataclasses.dataclass(frozen=True)
class _Description:
    """What a file says beside the name and the settings.

    Attributes:
        path: the path of the file.
        encode, decode, version: programs and arguments, with placeholders; the last may be empty.
        input: ``pnm`` or ``png``, the form of the image that the encoder reads.
        stream, output: endings of the files that the programs write.
        timeout: seconds for each run.
        memory: MiB for each process.
        digest: the digest of all that the file says.
    """

    path: Path
    encode: tuple[str, ...]
    decode: tuple[str, ...]
    version: tuple[str, ...]
    input: str
    stream: str
    output: str
    timeout: float
    memory: int
    digest: str


@dataclasses.dataclass(frozen=True)
class TomlCodec(DeclaredCodec):
    """Two programs that a TOML file names, run on files in a private folder.

    Every placeholder in an argument is replaced by a text, and the argument stays one argument: no shell reads it.
    The decoder sees the stream alone. What is timed includes the start of the program and the files it reads and
    writes; memory is that of this process alone.

    Defaults and colour path: those of the programs. Known limits: whether damage is told is up to the decoder.
    """

    description: ClassVar[_Description]

    @classmethod
    def version(cls) -> str:
        about = cls.description
        for command in (about.encode, about.decode):
            find_program(command[0])
        return f"{_program_version(about)}, {about.path.name} {about.digest}"

    @classmethod
    def used_files(cls) -> list[Path]:
        """The programs, and all files that their arguments may name; what a program finds by itself is not known.

        Raises:
            MissingBackend: a program is not there.
        """
        found = []
        for program, *arguments in (cls.description.encode, cls.description.decode):
            found.append(Path(find_program(program)))
            for argument in arguments:
                for text in (argument, argument.partition("=")[2]):
                    if Path(text).is_absolute() and Path(text).name:
                        literal = re.split(f"(?:{PLACEHOLDER.pattern.replace('(', '(?:')})+", text)
                        pattern, root = "*".join(map(glob.escape, literal)), Path(text).anchor
                        found += [path for path in sorted(Path(root).glob(pattern[len(root) :])) if path.is_file()]
        return found

    def encode(self, image: Image) -> bytes:
        check_image(image, codec=self.name)
        about = self.description
        ending = "png" if about.input == "png" else "pgm" if image.ndim == 2 else "ppm"
        with private_folder() as folder:
            source, target = folder / f"input.{ending}", folder / f"stream.{about.stream}"
            form = "PNG" if about.input == "png" else "PPM"
            Pictures.fromarray(np.ascontiguousarray(image)).save(source, form)
            self._run(about.encode, folder, source, target, self.settings)
            return _written(about.encode, target)

    @classmethod
    def decode(cls, data: bytes) -> Image:
        about = cls.description
        with private_folder() as folder:
            source, target = folder / f"stream.{about.stream}", folder / f"output.{about.output}"
            source.write_bytes(data)
            try:
                cls._run(about.decode, folder, source, target, {})
                picture = _written(about.decode, target)
            except ProgramError as error:
                raise BitstreamError(f"not a whole stream of {cls.name}: {error}") from error
        if not picture.startswith((png.SIGNATURE, b"P")):
            raise BitstreamError(f"{cls.name}: expected a PNG or PNM file from the decoder, got other first bytes")
        return decode_image_file(picture, f"{cls.name}: what the decoder wrote")

    @classmethod
    def _run(
        cls, command: Sequence[str], folder: Path, source: Path, target: Path, settings: Mapping[str, Setting]
    ) -> None:
        texts = {"input": str(source), "output": str(target)}
        texts |= {name: _text(value) for name, value in settings.items()}
        program, *arguments = command
        run_program(
            [program, *(PLACEHOLDER.sub(lambda found: texts[found[1]], argument) for argument in arguments)],
            folder=folder,
            timeout=cls.description.timeout,
            memory=cls.description.memory,
        )


def read_codec(path: Path) -> type[DeclaredCodec]:
    """The codec that a TOML file declares: programs, whose keys are those at the head of this module, or a class of
    another Python environment, see :mod:`benchmark.backends.foreign.reading`.

    Raises:
        UsageError: not a file, not TOML, a key that is missing, unknown or of a wrong type, an unknown placeholder.
    """
    document = read_toml(path)
    if isinstance(name := document.get("name"), str):
        check_name(path, name)
    if not {"codec", "python", "requirements"}.isdisjoint(document):
        return foreign_codec(path, document)
    check_keys(str(path), document, _KEYS, ("name", "encode", "decode"))
    return declare(
        TomlCodec, path, document, _FILES, lambda settings: {"description": _describe(path, document, settings)}
    )


def _describe(path: Path, document: Mapping[str, Any], settings: Sequence[str]) -> _Description:
    about = _Description(
        path=path,
        encode=_command(path, "encode", document, (*_FILES, *settings)),
        decode=_command(path, "decode", document, _FILES),
        version=_command(path, "version", document, ()),
        input=document.get("input", "pnm"),
        stream=document.get("stream", "bin"),
        output=document.get("output", "ppm"),
        timeout=float(document.get("timeout", TIMEOUT)),
        memory=document.get("memory", MEMORY),
        digest=hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12],
    )
    if about.input not in ("pnm", "png"):
        raise UsageError(f"{path}: input: expected pnm or png, got {about.input!r}")
    for key, ending in (("stream", about.stream), ("output", about.output)):
        if not _ENDING.fullmatch(ending):
            raise UsageError(f"{path}: {key}: expected the ending of a file's name, such as bin, got {ending!r}")
    check_limits(path, {"timeout": about.timeout, "memory": about.memory})
    return about


@cache
def _program_version(about: _Description) -> str:
    """The first line that the program tells of itself; many end with an error status where they do."""
    if not about.version:
        return f"{Path(about.encode[0]).name} of unknown version"
    with private_folder() as folder:
        output, errors = run_program(about.version, folder=folder, timeout=60, memory=about.memory, check=False)
    lines = [line.strip() for line in f"{output.decode('utf-8', 'replace')}\n{errors}".splitlines() if line.strip()]
    if not lines:
        raise ProgramError(f"{' '.join(about.version)} told no version")
    return lines[0]


def _written(command: Sequence[str], target: Path) -> bytes:
    name = Path(command[0]).name
    if not target.is_file():
        raise ProgramError(f"{name} ended well but wrote no file {{output}} ({target.name})")
    data = target.read_bytes()
    if not data:
        raise ProgramError(f"{name} ended well but left its file {{output}} ({target.name}) empty")
    return data


def _text(value: Setting) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _command(path: Path, key: str, document: Mapping[str, Any], known: Sequence[str]) -> tuple[str, ...]:
    """A program and its arguments, whose placeholders are all known, and all used.

    A relative path to a program is one from the folder of the file, and so is an argument that names a file there, such
    as a script.
    """
    words = document.get(key, [])
    if key not in document:
        return ()
    if not any(words[:1]) or not all(isinstance(word, str) and "\0" not in word for word in words):
        raise UsageError(f"{path}: {key}: expected a program and its arguments, each a text, got {words!r}")
    program, *arguments = words
    used = {found for argument in arguments for found in PLACEHOLDER.findall(argument)}
    for name in sorted(used - set(known)):
        listed = ", ".join(f"{{{word}}}" for word in known) or "none"
        raise UsageError(f"{path}: {key}: unknown placeholder {{{name}}}; known here: {listed}")
    for name in known:
        if name not in used:
            raise UsageError(f"{path}: {key}: {{{name}}} stands in none of its arguments")
    if Path(program).name != program:
        program = str(path.parent / program)
    return (program, *(_located(argument, path.parent) for argument in arguments))


def _located(argument: str, folder: Path) -> str:
    """An argument, or what follows its ``=``, as a whole path where it names a file of the folder."""
    option, sign, value = argument.rpartition("=")
    named = Path(value)
    if (named.suffix or len(named.parts) > 1) and not named.is_absolute() and (folder / named).is_file():
        return f"{option}{sign}{(folder / named).resolve()}"
    return argument
