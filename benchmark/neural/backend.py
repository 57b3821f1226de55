"""Keras and the framework behind it, loaded only when a network is built."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from benchmark.errors import MissingBackend, UsageError
from benchmark.system.devices import AUTO, parse_device
from benchmark.system.environment import processor

BACKENDS: Mapping[str, str] = {"tensorflow": "neural", "jax": "neural-jax", "torch": "neural-jax,torch"}
"""Backends of Keras, the first that is installed first, and the extras of the package that bring them."""

BACKEND_VARIABLE = "KERAS_BACKEND"
"""The environment variable that names the backend of Keras."""

_SHARING = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
"""Environment variables by which JAX and TensorFlow take memory of a GPU as they need it. Else the first process takes
most of it, and encoder and decoder are two."""

_chosen: ContextVar[tuple[str, int]] = ContextVar("_chosen", default=("", 0))
"""What computes, and which of the GPUs it is, where :func:`on_device` has chosen."""

_ADVICE = (
    "pip install 'rdbench[neural]' for Keras with TensorFlow, or 'rdbench[neural-jax]' for Keras with JAX, "
    "which is smaller"
)


def backend_name() -> str:
    """The backend that ``KERAS_BACKEND`` names, or else the first of :data:`BACKENDS` that is installed.

    Raises:
        MissingBackend: none is installed, or the variable names no backend.
    """
    name = os.environ.get(BACKEND_VARIABLE)
    if name:
        if name not in BACKENDS:
            raise MissingBackend(f"{BACKEND_VARIABLE}: expected {', '.join(BACKENDS)}, got {name!r}")
        return name
    for backend in BACKENDS:
        if _installed(backend):
            return backend
    raise MissingBackend(f"learned codecs need TensorFlow, JAX or PyTorch: {_ADVICE}")


def backend_version() -> str:
    """Versions of Keras, its backend and the entropy coder, without loading any of them.

    Raises:
        MissingBackend: one is not installed; the message says how to install it.
    """
    found = []
    for package in ("keras", backend_name(), "constriction"):
        installed = _installed(package)
        if not installed:
            raise MissingBackend(f"learned codecs need {package}: {_install_line(package)}")
        found.append(f"{package} {installed}")
    return ", ".join(found)


def _installed(package: str) -> str:
    """The version of a package, without loading it; nothing where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _install_line(package: str) -> str:
    """What installs a package that is missing: the extra of a backend that was asked for by name, or the advice."""
    return f"pip install 'rdbench[{BACKENDS[package]}]'" if package in BACKENDS else _ADVICE


@contextmanager
def _native_chatter_muted() -> Iterator[None]:
    """Holds back what C++ libraries write to the terminal while they load; Python's exceptions still come through.

    TensorFlow reports its processor features there before any setting of its log level takes effect.
    """
    if "keras" in sys.modules:
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nothing)


def load_keras() -> Any:
    """Keras with its backend, without the chatter that TensorFlow prints when it loads.

    Raises:
        MissingBackend: Keras or its backend is not installed.
    """
    name = backend_name()
    os.environ.setdefault(BACKEND_VARIABLE, name)
    for variable, value in {"TF_CPP_MIN_LOG_LEVEL": "3", **_SHARING}.items():
        os.environ.setdefault(variable, value)
    try:
        with _native_chatter_muted():
            import keras
    except ImportError as error:
        missing = next((package for package in ("keras", name) if not _installed(package)), name)
        raise MissingBackend(
            f"learned codecs need Keras and {name}, which cannot be loaded ({error}): {_install_line(missing)}"
        ) from error
    os.environ[BACKEND_VARIABLE] = keras.config.backend()  # another one where somebody has loaded Keras before
    return keras


@contextmanager
def computing_in(policy: str) -> Iterator[None]:
    """Gives the networks that are built inside a dtype policy; afterwards the one from before holds again.

    Args:
        policy: ``float32``, ``mixed_bfloat16`` or ``mixed_float16``.
    """
    config = load_keras().config
    before = config.dtype_policy()
    config.set_dtype_policy(policy)
    try:
        yield
    finally:
        config.set_dtype_policy(before)


def gpu_names() -> list[str]:
    """Names of the GPUs that the backend can use."""
    load_keras()
    if backend_name() == "jax":
        import jax

        return [str(device.device_kind) for device in jax.devices() if device.platform != "cpu"]
    if backend_name() == "torch":
        import torch

        return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    return [str(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)) for gpu in found]


def backend_facts() -> dict[str, str]:
    """The backend and the GPUs that it can use, for ``info``; nothing where no backend is installed."""
    try:
        return {"backend": backend_name(), "accelerator": ", ".join(gpu_names()) or "none"}
    except MissingBackend:
        return {}


def device_name() -> str:
    """What the backend computes on: ``cpu``, or the name of the GPU."""
    return _chosen.get()[0] or next(iter(gpu_names()), "cpu")


def at_once(on_cpu: int) -> int:
    """How much a call of a network gets: what keeps a core busy, and sixteen times as much for a GPU."""
    return on_cpu if device_name() == "cpu" else 16 * on_cpu


def peak_memory(*, anew: bool = False) -> int | None:
    """The most bytes that tensors had at once on the GPU that computes; None on a CPU.

    Args:
        anew: whether it is counted from now on; JAX counts from the start of the process on all the same.
    """
    if device_name() == "cpu":
        return None
    index = _chosen.get()[1]
    if backend_name() == "jax":
        import jax

        gpu = [device for device in jax.devices() if device.platform != "cpu"][index]
        return int(gpu.memory_stats()["peak_bytes_in_use"])
    if backend_name() == "torch":
        import torch

        if anew:
            torch.cuda.reset_peak_memory_stats(index)
        return int(torch.cuda.max_memory_allocated(index))
    import tensorflow as tf

    if anew:
        tf.config.experimental.reset_memory_stats(f"GPU:{index}")
    return int(tf.config.experimental.get_memory_info(f"GPU:{index}")["peak"])


@contextmanager
def on_device(device: str | None) -> Iterator[str]:
    """Lets the backend compute on a device.

    Args:
        device: a word of :mod:`benchmark.system.devices`, such as ``gpu:1``; None for ``auto``.

    Yields:
        The name of the device.

    Raises:
        UsageError: there is no such device.
    """
    device = parse_device(device or AUTO)
    kind, _, number = device.partition(":")
    gpus = gpu_names()
    index = int(number or 0)
    if kind == "gpu" and index >= len(gpus):
        found = ", ".join(f"gpu:{i} ({name})" for i, name in enumerate(gpus)) or "none"
        raise UsageError(f"--device {device}: {backend_name()} finds no such GPU; it finds {found}. Give --device cpu")
    on_gpu = bool(gpus) and kind != "cpu"
    name = gpus[index] if on_gpu else f"CPU, {os.cpu_count()} cores, {processor()}"
    # PyTorch takes "cpu:0" for another device than its "cpu", and copies every weight to and fro.
    place = f"gpu:{index}" if on_gpu else "cpu" if backend_name() == "torch" else "cpu:0"
    before = _chosen.set((name if on_gpu else "cpu", index))
    try:
        with nullcontext() if device == AUTO else load_keras().device(place):
            yield name
    finally:
        _chosen.reset(before)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of tensors, compiled where the backend can; it has no gradient."""
    load_keras()
    if backend_name() == "jax":
        import jax

        return cast("Callable[..., Any]", jax.jit(function))
    if backend_name() == "torch":
        import torch

        return torch.no_grad()(function)
    import tensorflow as tf

    return cast("Callable[..., Any]", tf.function(function, reduce_retracing=True))
