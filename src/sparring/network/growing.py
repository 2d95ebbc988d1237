"""Networks that grow with the images, from stage to stage of a training."""

import torch
from torch import Tensor

from sparring.network import Network


class ProgressiveNetwork(Network):
    """A network of images that fades in its newest level, the largest grid (Karras et al. 2018, sec. 2).

    Built for the image size of a stage, it has a level for each grid of `plan_doublings`, counted from the base. A
    network for the next resolution contains every parameter of this one under the same name and shape, except the
    layer to or from images of the level below this one's highest (only the two highest levels have such layers):
    weights can be copied by name. `alpha`, a scalar buffer, is the share of the newest level in the output: at 0 the
    output equals the smaller network's for images half as large, at 1 (the initial value) layers to and from smaller
    images have no effect. A network with only the base ignores it.
    """

    alpha: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("alpha", torch.ones(()))
