"""Versions of packages that compute metrics."""

from __future__ import annotations

import re

import numpy as np
import pytest

from benchmark.errors import MissingBackend
from benchmark.metrics.shared.packages import package_version


def test_the_version_is_that_of_the_first_package() -> None:
    assert package_version("SSIM", "core", "numpy", "scipy") == f"numpy {np.__version__}"


@pytest.mark.parametrize("packages", [("no-such-package",), ("numpy", "no-such-package")])
def test_a_missing_one_is_told_with_what_installs_it(packages: tuple[str, ...]) -> None:
    text = re.escape("SSIM needs no-such-package: pip install 'rdbench[core]'")
    with pytest.raises(MissingBackend, match=f"^{text}$"):
        package_version("SSIM", "core", *packages)
