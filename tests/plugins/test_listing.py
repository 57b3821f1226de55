"""Lists of what there is: those of strangers that cannot be used are lines, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark import plugins
from benchmark.plugins.listing import dataset_facts
from tests.packages import install_package
from tests.plugins.test_answer import DATASET


def test_data_sets_of_this_bench_are_listed() -> None:
    facts = {found.name: found for found in dataset_facts(None)}
    assert list(facts) == plugins.own_datasets()
    assert (facts["sample"].count, facts["sample"].problem) == (6, "")
    assert facts["kodak"].expected == 24
    assert facts["folder"].count is None


@pytest.mark.slow
def test_those_of_strangers_are_listed_with_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_package(tmp_path, "stranger_sky", DATASET, "datasets", {"sky": "Sky"})
    install_package(tmp_path, "stranger_dark", "import os; os._exit(5)\n", "datasets", {"dark": "Dark"})
    install_package(tmp_path, "stranger_own", DATASET, "datasets", {"sample": "Sky"})
    (tmp_path / "sky").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    found = {facts.problem: facts for facts in dataset_facts(tmp_path) if facts.name in ("sky", "dark", "sample")}
    assert found[""].name in ("sky", "sample")
    by_name = {facts.name: facts for facts in found.values() if facts.problem}
    assert by_name["dark"].problem == "it ended the process with exit code 5"
    assert by_name["sample"].problem == "stranger_own:Sky has the name of a data set of this bench, which stays"
    sky = next(facts for facts in dataset_facts(tmp_path) if facts.name == "sky")
    assert (sky.summary, sky.count, sky.expected) == ("clouds", 2, 3)
