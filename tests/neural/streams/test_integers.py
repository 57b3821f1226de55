"""Files of named arrays, and activations in integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark.errors import UsageError
from benchmark.neural.streams.integers import ACTIVATION_LIMIT, Arrays, activated, load_arrays, save_arrays


def test_arrays_come_back_by_name(tmp_path: Path) -> None:
    arrays = {"one": np.arange(6, dtype=np.int8).reshape(2, 3), "other": np.array(2.5)}
    save_arrays(tmp_path / "a.npz", arrays)
    found: Arrays = load_arrays(tmp_path / "a.npz", "a file", lambda stored: stored)
    assert found.keys() == arrays.keys()
    for name, values in arrays.items():
        assert np.array_equal(found[name], values)
        assert found[name].dtype == values.dtype


def test_files_that_are_not_such_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save_arrays(path, {"one": np.zeros(100)})
    content = path.read_bytes()
    with pytest.raises(UsageError, match=r"a\.npz is not a model of bits: .*'weights'"):
        load_arrays(path, "a model of bits", lambda stored: stored["weights"])
    for damaged in (b"", content[:50], content[:-1], b"plain text"):
        path.write_bytes(damaged)
        with pytest.raises(UsageError, match="is not a model of bits"):
            load_arrays(path, "a model of bits", lambda stored: stored["one"])
    np.savez(path, one=np.array([{}], dtype=object))
    with pytest.raises(UsageError, match="is not a model of bits"):
        load_arrays(path, "a model of bits", lambda stored: stored["one"])
    with pytest.raises(UsageError, match="none is not a model of bits"):
        load_arrays(tmp_path / "none", "a model of bits", lambda stored: stored)


def test_activations_are_whole_and_limited() -> None:
    values = np.array([-3.5, -0.1, 0.9, 17.99, 254.5, 255.0, 1e9], np.float32)
    found = activated(values)
    assert found.tolist() == [0, 0, 0, 17, 254, 255, ACTIVATION_LIMIT]
    assert found is values, "in place"
