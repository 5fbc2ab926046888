"""The Wilson score interval: between which bounds a share lies, of which a sample is known."""

from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)


def wilson(hits: float, n: int) -> tuple[float, float]:
    """Return the 95 % bounds of a share that `hits` of `n` draws have; 0 and 1 without a draw.

    A draw may be a hit in part, where it is the mean of several.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if not n:
        return 0.0, 1.0
    centre = (hits + Z95**2 / 2) / (n + Z95**2)
    spread = Z95 / (n + Z95**2) * (hits * (n - hits) / n + Z95**2 / 4) ** 0.5
    low = 0.0 if hits == 0 else centre - spread
    return low, 1.0 if hits == n else centre + spread
