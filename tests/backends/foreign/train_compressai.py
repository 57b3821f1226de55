"""Trains a small model of CompressAI: python train_compressai.py MODEL IMAGES OUT.pth.tar [STEPS]

MODEL is a class of ``compressai.models``, IMAGES a folder of PNG files of 256×256 pixels or more. It runs in an
environment that has CompressAI, and imports nothing of the bench.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from compressai import models
from PIL import Image

CROP = 256
"""As in CompressAI's own training. Crops of 64 pixels have a smallest latent of one place, which sees borders alone:
the scales that come of it are too large for what lies within an image."""
GAIN = 64.0
"""The latent begins this much larger than PyTorch leaves it: within some hundred steps it would not grow to values of
which rounding is a small part."""


def train(model: str, images: list[np.ndarray], steps: int) -> torch.nn.Module:
    """A model of 8 and 12 channels, trained by rate and squared error, with the tails of its tables in place."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    places = np.random.default_rng(1)
    network = getattr(models, model)(8, 12)
    with torch.no_grad():
        network.g_a[-1].weight *= GAIN
        network.g_s[0].weight /= GAIN
    groups: list[list[torch.nn.Parameter]] = [[], [], []]
    for name, parameter in network.named_parameters():
        groups[0 if name.startswith("g_") else 2 if name.endswith(".quantiles") else 1].append(parameter)
    main = torch.optim.Adam([{"params": groups[0], "lr": 2e-3}, {"params": groups[1], "lr": 1e-2}])
    fall = torch.optim.lr_scheduler.MultiStepLR(main, [steps * 3 // 4], 0.2)
    for _ in range(steps):
        image = images[places.integers(len(images))]
        top, left = (places.integers(side - CROP + 1) for side in image.shape[:2])
        crop = torch.from_numpy(image[top : top + CROP, left : left + CROP].copy()).permute(2, 0, 1)[None] / 255
        told = network(crop)
        rate = sum(-each.log2().sum() for each in told["likelihoods"].values()) / CROP**2
        main.zero_grad()
        (rate + 65025 * (crop - told["x_hat"]).square().mean()).backward()
        torch.nn.utils.clip_grad_norm_(groups[0], 1.0)
        main.step()
        fall.step()
    tails = torch.optim.Adam(groups[2], 0.5)
    for _ in range(400):
        tails.zero_grad()
        network.aux_loss().backward()
        tails.step()
    return network


if __name__ == "__main__":
    folder = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(Path(sys.argv[2]).glob("*.png"))]
    trained = train(sys.argv[1], folder, int(sys.argv[4]) if len(sys.argv) > 4 else 300)
    torch.save({"epoch": 1, "state_dict": trained.state_dict()}, sys.argv[3])
