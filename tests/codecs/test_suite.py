"""The conformance suite itself: it tells what is wrong."""

from __future__ import annotations

import pytest

from tests.codecs import test_conformance
from tests.run.examples import Planes


def test_the_conformance_suite_tells_a_prefix_that_does_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    test_conformance.test_prefixes_are_what_would_have_been_encoded(Planes())
    monkeypatch.setattr(Planes, "prefix", lambda self, data: data)
    with pytest.raises(AssertionError):
        test_conformance.test_prefixes_are_what_would_have_been_encoded(Planes())
