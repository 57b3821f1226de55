"""The class that makes models of CompressAI codecs: its container, and what it asks of a model."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from benchmark.backends.foreign.zoo import compressai_models as adapter
from benchmark.backends.foreign.zoo.compressai_models import margins, packed, unpacked
from tests.needs import installed


def test_it_takes_python_3_8_and_no_module_of_the_bench() -> None:
    tree = ast.parse(Path(adapter.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name and name.startswith("benchmark")]


@pytest.mark.parametrize(
    ("size", "shape", "strings"),
    [((512, 768), (8, 12), [b"a" * 300, b"bc"]), ((1, 1), (1, 1), [b""]), ((130, 65), (3, 2), [b"", b"x", b"yz"])],
)
def test_the_container_gives_back_what_was_put_in(
    size: tuple[int, int], shape: tuple[int, int], strings: list[bytes]
) -> None:
    stream = packed(size, shape, strings)
    assert unpacked(stream) == (size, shape, strings)
    assert len(stream) - sum(map(len, strings)) <= 10, "the header"


@pytest.mark.parametrize("length", [0, 1, 4, 7, 9])
def test_a_container_that_is_cut_is_told(length: int) -> None:
    with pytest.raises(ValueError, match="cut or altered"):
        unpacked(packed((512, 768), (8, 12), [b"a" * 300, b""])[:length])


def test_a_latent_that_no_image_of_the_size_has_is_told() -> None:
    for shape in ((7, 12), (8, 9000), (65, 12)):
        with pytest.raises(ValueError, match="cut or altered"):
            unpacked(packed((512, 768), shape, [b"a"]))
    assert unpacked(packed((512, 768), (32, 48), [b"a"]))[1] == (32, 48), "a model without a hyperprior: 1/16"


def test_sides_are_padded_on_both_ends() -> None:
    assert [margins(size) for size in (64, 63, 100, 1)] == [(0, 0), (0, 1), (14, 14), (31, 32)]


class Network:
    """A model that stores the mean of each block of 64 × 64 pixels."""

    updated = False

    @classmethod
    def from_state_dict(cls, state: dict[str, Any]) -> Network:
        made = cls()
        made.state = state
        return made

    state: dict[str, Any]

    def eval(self) -> Network:
        return self

    def to(self, device: str) -> Network:
        return self

    def update(self, force: bool) -> None:
        self.updated = force

    def compress(self, image: Any) -> dict[str, Any]:
        import torch

        assert self.updated, "the tables of the entropy coder"
        latent = (torch.nn.functional.avg_pool2d(image, 64) * 255).round().to(torch.uint8)
        return {"strings": [[latent.numpy().tobytes()], [b"side"]], "shape": latent.shape[-2:]}

    def decompress(self, strings: list[list[bytes]], shape: tuple[int, int]) -> dict[str, Any]:
        import torch

        assert strings[1] == [b"side"]
        latent = torch.frombuffer(bytearray(strings[0][0]), dtype=torch.uint8).reshape(1, 3, *shape).float() / 255
        return {"x_hat": torch.nn.functional.interpolate(latent, scale_factor=64)}

    def __call__(self, image: Any) -> dict[str, Any]:
        import torch

        told = self.compress(image)
        likelihoods = {"y": torch.full((1, 4), 0.5), "z": torch.full((2,), 0.25)}
        return {"likelihoods": likelihoods, **self.decompress(told["strings"], told["shape"])}


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CompressAI of one model."""
    if not installed("torch"):
        pytest.skip("torch is not installed: extra torch")
    image = SimpleNamespace(
        model_architectures={"mean": Network},
        model_urls={"mean": {"mse": {3: "https://example.org/models/mean-3-abcd.pth.tar"}}},
    )
    zoo, models = ModuleType("compressai.zoo"), ModuleType("compressai.models")
    zoo.image, zoo.load_state_dict = image, lambda state: state  # type: ignore[attr-defined]
    models.Means = Network  # type: ignore[attr-defined]
    package = ModuleType("compressai")
    package.zoo, package.models = zoo, models  # type: ignore[attr-defined]
    for module in (package, zoo, models):
        monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.slow
def test_a_model_encodes_pads_and_estimates(library: None, tmp_path: Path) -> None:
    import torch

    torch.save({"epoch": 3, "state_dict": {"module.g_a.weight": torch.ones(1)}}, tmp_path / "own.pth.tar")
    for name in ("mean", "Means"):
        codec = getattr(adapter, name)(checkpoint=str(tmp_path / "own.pth.tar"))
        assert [*codec.model.state] == ["g_a.weight"], "as a model of one GPU has them"
    image = torch.zeros(1, 3, 64, 100)
    image[..., 50:] = 1
    stream = codec.encode(image)
    assert unpacked(stream)[:2] == ((64, 100), (1, 2))
    assert codec.overhead(stream) == len(stream) - 6 - len(b"side")
    decoded = codec.decode(stream)
    assert decoded.shape == image.shape
    assert torch.allclose(decoded[..., :50], torch.full((), 0.0), atol=0.01)
    assert decoded[..., 50:].min() > 0.7, "14 of 64 columns are padding"
    bits, estimated = codec.estimate_bits(image)
    assert bits == pytest.approx(4 * 1 + 2 * 2)
    assert torch.equal(estimated, decoded)


@pytest.mark.slow
def test_weights_of_the_zoo_lie_where_its_download_leaves_them(library: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.hub, "get_dir", lambda: "/hub")
    path, fetch = adapter.__getattr__("mean").weights_file(3, "mse")
    assert path == "/hub/checkpoints/mean-3-abcd.pth.tar"
    assert "m['mean'](3, 'mse', pretrained=True)" in fetch
    with pytest.raises(ValueError, match="the zoo has no mean of quality 9 for mse"):
        adapter.__getattr__("mean").weights_file(9, "mse")
    with pytest.raises(AttributeError, match="no model 'median'"):
        importlib.import_module(adapter.__name__).median  # noqa: B018
