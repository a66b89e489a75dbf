"""How two sets of images differ as sets: Frechet distance; and how sure a classifier is of one.

Both take what a network made of each image; which network, on which images, is the caller's to
say (`metrics.inception`). Statistics are kept in float64, so the size of batches does not show.
torchmetrics has both, but shuffles before it splits for the Inception Score, and takes the matrix
root by the eigenvalues of a product that is not symmetric, which gives them imaginary parts; the
tests compare with it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

SPLITS = 10  # of the Inception Score (Salimans et al. 2016, their code)


class Moments:
    """Mean and covariance of features, gathered batch by batch.

    Attributes:
        count: Images so far.

    Args:
        width: Features per image, C.
    """

    def __init__(self, width: int) -> None:
        self.count = 0
        self._sum: Array = np.zeros(width)
        self._products: Array = np.zeros((width, width))
        self._origin: Array | None = None

    def add(self, features: ArrayLike) -> None:
        """Add the features of some images, (N, C)."""
        rows = np.asarray(features, dtype=np.float64)
        if not len(rows):
            return
        if self._origin is None:  # sums about a point of the cloud lose no digits to its distance
            self._origin = rows[0].copy()
        rows = rows - self._origin
        self.count += len(rows)
        self._sum += rows.sum(axis=0)
        self._products += rows.T @ rows

    @property
    def mean(self) -> Array:
        """(C,), NaN without an image."""
        if self._origin is None:
            return np.full_like(self._sum, np.nan)
        return np.asarray(self._origin + self._sum / self.count)

    @property
    def covariance(self) -> Array:
        """(C, C), divided by N - 1; NaN with fewer than two images."""
        if self.count < 2:
            return np.full_like(self._products, np.nan)
        mean = self._sum / self.count
        return np.asarray((self._products - self.count * np.outer(mean, mean)) / (self.count - 1))


def frechet_distance(generated: Moments, real: Moments) -> float:
    """Compute the squared Frechet distance of two Gaussians (Heusel et al. 2017, eq. 6).

    |m - n|^2 + tr(A + B - 2 (A B)^(1/2)), where the trace of the root is the sum of the roots of
    the eigenvalues of A^(1/2) B A^(1/2), which is symmetric.

    Returns:
        At least 0 up to rounding; NaN if either set has fewer than two images.
    """
    if min(generated.count, real.count) < 2:
        return float("nan")
    values, vectors = np.linalg.eigh(generated.covariance)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    crossed = np.linalg.eigvalsh(root @ real.covariance @ root).clip(min=0)
    shift = generated.mean - real.mean
    traces = np.trace(generated.covariance) + np.trace(real.covariance)
    return float(shift @ shift + traces - 2 * np.sqrt(crossed).sum())


def inception_score(probabilities: Array, splits: int = SPLITS) -> tuple[float, float]:
    """Compute the Inception Score (Salimans et al. 2016): exp of the mean KL from the average.

    Args:
        probabilities: (N, C) of each class, one row per image, in the order of the images: the
            parts follow each other, and nothing is shuffled.
        splits: Parts whose scores are averaged; of sizes as equal as they go.

    Returns:
        Mean and standard deviation (by n) over the parts; NaN with fewer images than parts.
    """
    if len(probabilities) < splits:
        return float("nan"), float("nan")
    scores = []
    for part in np.array_split(np.asarray(probabilities, dtype=np.float64), splits):
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = part * (np.log(part) - np.log(part.mean(axis=0)))
        scores.append(np.exp(np.nansum(terms, axis=1).mean()))  # 0 log 0 is 0
    return float(np.mean(scores)), float(np.std(scores))
