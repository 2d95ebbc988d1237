"""What networks share that grow with the images, from stage to stage of a training."""

import torch
from torch import Tensor

from sparring.network import Network


class ProgressiveNetwork(Network):
    """A network of images whose newest level, that of the largest grid, is faded in (Karras et al. 2018, sec. 2).

    Built for images of a stage's size, it has a level for each of `plan_doublings`, counted from the base. The same
    spec built for the next larger size has all that this one has under the same names, of the same shapes, but for the
    layer between grids and images at the lower of its (at most) two highest levels, the only ones that have such; so
    it can take over all that it knows. `alpha`, a number that is saved with the weights, is the share of the newest
    level in what the network says: at 0 it says what the smaller one said of images half as large, at 1 (as it is
    built) the layers to and from smaller images have no part in it. Where there is only the base it means nothing.
    """

    alpha: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("alpha", torch.ones(()))
