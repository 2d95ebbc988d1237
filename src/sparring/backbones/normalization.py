"""Input normalization of pretrained networks."""

import torch
from torch import Tensor, nn

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation of the channels of ImageNet's images in [0, 1], for torchvision's and DINO's networks."""

CLIP = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""The same for CLIP's training images (Radford et al. 2021; published code)."""


class ChannelNormalization(nn.Module):
    """Subtracts each channel's mean and divides by its deviation; images are 0 to 255.

    With ImageNet's moments, this is LPIPS's scaling layer of images in [-1, 1]:
    (x - (-.030, -.088, -.188)) / (.458, .448, .450).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, moments: tuple[tuple[float, ...], tuple[float, ...]] = IMAGENET) -> None:
        super().__init__()
        # On the CPU even if the network is built on the meta device: weight files do not contain these.
        mean, deviation = (255 * torch.tensor(values, device="cpu").view(-1, 1, 1) for values in moments)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("deviation", deviation, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Returns normalized `images` [B, C, H, W]."""
        return (images - self.mean) / self.deviation
