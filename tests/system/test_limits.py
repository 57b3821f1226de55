"""Numbers that are too large, or none: one line says so before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Run

FLAGS = [
    ("run --repeats", "1000000000000000000"),
    ("run --repeats", "0"),
    ("run --threads", "1000000"),
    ("run --jobs", "1000000"),
    ("run --jobs", "9" * 5000),
    ("run --timeout", "inf"),
    ("run --timeout", "1e300"),
    ("run --timeout", "nan"),
    ("run --timeout", "0"),
    ("verify out --timeout", "nan"),
    ("verify out --timeout", "inf"),
    ("train vae --time", "inf"),
    ("train vae --time", "nan"),
    ("train vae --checkpoint-every", "nan"),
    ("train vae --evaluate-every", "1e300"),
    ("train vae --seed", "4294967296"),
    ("train vae --seed", "-1"),
    ("report out --rate", "nan"),
    ("report out --rate", "inf"),
    ("decode a b --level", "1000000000"),
    ("import a.json --out a.csv --images", "1000000001"),
    ("import a.json --out a.csv --images", "0"),
    ("pack --dataset a --out a.npz --count", "1000000001"),
    ("pack --dataset a --out a.npz --max-size", "1000001MB"),
    ("pack --dataset a --out a.npz --max-size", "9" * 5000),
    ("report out --pictures", "1001"),
    ("report out --pictures", "-1"),
    ("--max-pixels", "1000000000001 list codecs"),
    ("--max-pixels", f"{'9' * 5000} list codecs"),
    ("--max-pixels", "0 list codecs"),
]
KEYS = {
    "repeats = 1000000000000000000": "repeats: expected a whole number from 1 to 10,000, got 1000000000000000000",
    "repeats = 0": "repeats: expected a whole number from 1 to 10,000, got 0",
    "threads = 5000": "threads: expected a whole number from 1 to 4,096, got 5000",
    "timeout = inf": "timeout: expected a number above 0 and up to 2,592,000, got inf",
    "timeout = nan": "timeout: expected a number above 0 and up to 2,592,000, got nan",
    f"timeout = {10**400}": "timeout: expected a number above 0 and up to 2,592,000, got 1000",
}


def _refused(rdbench: Run, *words: str) -> str:
    done = rdbench(*words, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


@pytest.mark.parametrize(("flag", "value"), FLAGS, ids=[f"{flag} {value[:20]}" for flag, value in FLAGS])
def test_a_flag_is_refused(rdbench: Run, flag: str, value: str) -> None:
    words = flag.split()
    assert words[-1] in _refused(rdbench, *words, *value.split())


@pytest.mark.parametrize("line", KEYS, ids=range(len(KEYS)))
def test_a_key_of_a_study_is_refused(rdbench: Run, tmp_path: Path, line: str) -> None:
    (tmp_path / "a.toml").write_text(f"{line}\n[codecs]\njpeg.quality = 50\n")
    assert KEYS[line] in _refused(rdbench, "run", "--study", "a.toml")


@pytest.mark.parametrize("seed", [-1, 2**32, "true"])
def test_a_seed_of_a_cross_is_refused(rdbench: Run, tmp_path: Path, seed: object) -> None:
    text = f'[cross]\ncodec = "vae"\ntrain = ["sample"]\ntest = ["sample"]\nseed = {seed}\n'
    (tmp_path / "a.toml").write_text(text)
    assert "cross.seed: expected a whole number from 0 to 4,294,967,295, got" in _refused(rdbench, "cross", "a.toml")


def test_a_sweep_of_trillions_is_refused_before_it_is_made(rdbench: Run, tmp_path: Path) -> None:
    sweep = [(key, f"avif.{key}=0..9999") for key in ("quality", "speed")]
    words = [word for _, text in sweep for word in ("--set", text)]
    said = _refused(rdbench, "run", "--codecs", "avif,jpeg", *words)
    assert "avif: 100,000,000 operating points" in said
    assert "expected at most 1,000,000" in said
    values = list(range(10_000))
    (tmp_path / "a.toml").write_text(f"[codecs.jpeg]\nquality = {values}\nrestart = {values}\nother = {values}\n")
    assert "jpeg: 1,000,000,000,000 operating points" in _refused(rdbench, "run", "--study", "a.toml")
