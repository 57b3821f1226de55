"""The linear start of the form ``klt``: a KLT of blocks and an embedded quantiser of its coefficients, from images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BLOCK = 16
"""Side of a block in pixels."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Start:
    """Arrays of ``float32``.

    Attributes:
        mean: the mean of a block's samples, shape (768,), in rows, columns, colours.
        basis: shape (768, M), orthonormal columns: eigenvectors of the covariance, from the largest eigenvalue on.
        deviations: shape (L, M), of what each level finds left over.
        project: shape (L, M, bits): the coefficient of each bit.
        feedback: shape (L, bits, bits): by how much an earlier bit of the same coefficient shifts a later one.
        expand: shape (L, bits, M): what a bit adds.
    """

    mean: Floats
    basis: Floats
    deviations: Floats
    project: Floats
    feedback: Floats
    expand: Floats


def klt(blocks: Floats, coefficients: int) -> tuple[Floats, Floats]:
    """The Karhunen–Loève transform of blocks.

    Args:
        blocks: shape (N, 768), samples in 0–255.
        coefficients: M, how many to keep.

    Returns:
        Mean block, shape (768,), and orthonormal columns, shape (768, M), from the largest variance on.
    """
    mean = blocks.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((blocks - mean).T))
    basis = np.ascontiguousarray(vectors[:, ::-1][:, :coefficients]).astype(np.float32)
    return mean.astype(np.float32), basis


def linear_start(blocks: Floats, coefficients: int, bits: int, levels: int) -> Start:
    """A start whose level spends each bit on the sign of the coefficient with the largest error left.

    Args:
        blocks: shape (N, 768), samples in 0–255.
        coefficients: M, how many are coded.
        bits: how many bits a block has at a level.
        levels: how many.
    """
    mean, basis = klt(blocks, coefficients)
    target = (blocks - mean) @ basis
    decoded = np.zeros_like(target)
    shape = (levels, bits, coefficients)
    deviations = np.zeros((levels, coefficients), np.float32)
    project, expand = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    feedback = np.zeros((levels, bits, bits), np.float32)
    error = ((target - decoded) ** 2).mean(axis=0)
    for level in range(levels):
        deviation = deviations[level] = np.sqrt(error) + 1e-3
        chosen: list[int] = []
        steps: list[float] = []
        for bit in range(bits):
            index = int(np.argmax(error))
            left = target[:, index] - decoded[:, index]
            step = float(np.abs(left).mean())
            decoded[:, index] += np.where(left >= 0, step, -step)
            error[index] = ((target[:, index] - decoded[:, index]) ** 2).mean()
            project[level, bit, index] = 1
            expand[level, bit, index] = step / deviation[index]
            for earlier, other in enumerate(chosen):
                if other == index:
                    feedback[level, bit, earlier] = steps[earlier] / deviation[index]
            chosen.append(index)
            steps.append(step)
    return Start(mean, basis, deviations, project.swapaxes(1, 2).copy(), feedback, expand)


def blocks_of(images: npt.NDArray[np.uint8], count: int, rng: np.random.Generator) -> Floats:
    """Blocks drawn at random, shape (count, 768) at most, of images (N, H, W, 3) whose sides are whole blocks."""
    size, height, width, _ = images.shape
    rows, columns = height // BLOCK, width // BLOCK
    places = rng.permutation(size * rows * columns)[:count]
    image, rest = np.divmod(places, rows * columns)
    row, column = np.divmod(rest, columns)
    grid = images.reshape(size, rows, BLOCK, columns, BLOCK, 3)
    return grid[image, row, :, column].reshape(len(places), -1).astype(np.float32)
