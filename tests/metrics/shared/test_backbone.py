"""Files of networks: found by a folder, known by their digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmark.errors import MissingBackend
from benchmark.metrics.shared.backbone import (
    ALEXNET,
    BACKBONES_VARIABLE,
    VGG16,
    Backbone,
    backbone_path,
    load_tensors,
    package_tensors,
)
from tests.needs import installed, needs


def test_a_file_of_its_digest_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.pth").write_bytes(b"weights")
    monkeypatch.setenv(BACKBONES_VARIABLE, str(tmp_path))
    digest = hashlib.sha256(b"weights").hexdigest()
    assert backbone_path("M", Backbone("Net", "net.pth", digest[:8])) == tmp_path / "net.pth"


def test_what_is_missing_or_another_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = r"fetch https://download\.pytorch\.org/models/alexnet-owt-7be5be79\.pth \(SHA-256 7be5be79…\) into a folder"
    for folder in (None, tmp_path):
        monkeypatch.delenv(BACKBONES_VARIABLE, raising=False)
        if folder:
            monkeypatch.setenv(BACKBONES_VARIABLE, str(folder))
        with pytest.raises(MissingBackend, match=f"^LPIPS needs the weights of AlexNet: {fetch}, and let RDBENCH_BACK"):
            backbone_path("LPIPS", ALEXNET)
    (tmp_path / ALEXNET.file).write_bytes(b"another")
    found = hashlib.sha256(b"another").hexdigest()[:8]
    with pytest.raises(MissingBackend, match=rf"expected a file of SHA-256 7be5be79…, got {found}…: {fetch}"):
        backbone_path("LPIPS", ALEXNET)


def test_the_digest_is_the_one_in_the_name_that_its_publisher_gave() -> None:
    assert all(f"-{backbone.digest}." in backbone.file for backbone in (ALEXNET, VGG16))


@pytest.mark.slow
def test_tensors_are_read_without_running_code(tmp_path: Path) -> None:
    torch = needs("torch", extra="torch")
    torch.save({"a": torch.ones(2)}, tmp_path / "good.pth")
    assert load_tensors(tmp_path / "good.pth")["a"].tolist() == [1, 1]
    torch.save({"a": Path("x")}, tmp_path / "bad.pth")
    with pytest.raises(Exception, match="Weights only load failed"):
        load_tensors(tmp_path / "bad.pth")


@pytest.mark.slow
@pytest.mark.skipif(not installed("lpips"), reason="lpips is not installed: extra lpips")
def test_files_of_packages_are_read() -> None:
    assert package_tensors("lpips", "lpips/weights/v0.1/alex.pth")["lin0.model.1.weight"].shape == (1, 64, 1, 1)
