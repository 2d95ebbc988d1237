"""A thousand modes that can be counted: three handwritten digits as the channels of one image."""

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from sparring.data.catalog.digits import Digits
from sparring.data.images import Images
from sparring.data.size import ImageSize
from sparring.data.source import Loading, Source


class StackedDigits(Source):
    """`count` images of three of the 1,797 digits each, sampled uniformly and independently, as in Stacked MNIST.

    Every triple of classes is a mode, 1,000 in all (Metz et al. 2017, section 3.3.1; Srivastava et al. 2017), and
    8x8 pixels are enough to recognize a class almost surely: the modes of a generator can be counted.
    """

    mirror: bool = False
    size: ImageSize = 8
    count: PositiveInt = 100_000
    seed: NonNegativeInt = 0

    def load(self, loading: Loading = Loading()) -> Images:
        """Returns the set, RGB [3, H, W]; raises `MissingExtraError` where scikit-learn is not installed."""
        digits = Digits(size=self.size).load(loading).pixels[:, 0]
        chosen = np.random.default_rng(self.seed).integers(len(digits), size=(self.count, 3))
        return Images(digits[chosen], mirror=self.mirror, name="stacked digits")
