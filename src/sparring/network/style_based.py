"""The interface of style-based generators, for training, penalties and work in their latent spaces."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sparring.errors import SpecError
from sparring.layers.mapping import MeanLatent
from sparring.network import Network

LayerNoise = Sequence[Tensor]
"""Noise [N, 1, H, W], or [1, 1, H, W] for all samples, for each layer that takes it; no noise if empty."""


class StyleNetwork(Network):
    """A generator in two parts: z is mapped to an intermediate latent w, and styles from w control each layer.

    `mapping(z, condition)` returns w [N, `width`]. `synthesize(ws, noise)` takes one w for each of the `styles` layers
    of the synthesis network: ws are [N, styles, width], all equal (`broadcast`) unless styles are mixed or
    optimized one by one (W+). `mean_latent` is the running mean of w, around which `truncate` contracts.

    `forward` composes these. In training a share `mixing` of the samples has styles from two latents, noise is
    sampled, and images are the output of the last layer, as published; evaluation is deterministic, and images are
    clamped to [-1, 1].
    """

    mapping: nn.Module
    mean_latent: MeanLatent
    width: int
    styles: int
    mixing: float

    def synthesize(self, ws: Tensor, noise: LayerNoise = ()) -> Tensor:
        """Returns images [N, C, H, W], about [-1, 1] but not bounded, of `ws` [N, styles, width]."""
        raise NotImplementedError

    def synthesize_transformed(self, ws: Tensor, transform: Tensor) -> Tensor:
        """Returns the images of `ws` [N, styles, width] with the network's input transformed by `transform` [3, 3].

        `transform` maps points (x, y, 1), in pixels from the image's centre, x to the right and y down, to the new
        positions of their content; new content enters at the borders (Karras et al. 2021, sec. 3).

        Raises:
            SpecError: the input of the network is a learned constant, which cannot be transformed.
        """
        raise SpecError(
            f"{type(self).__name__} begins with a learned constant, which cannot be transformed: equivariance is "
            "measured for networks whose input can be, such as Fourier features"
        )

    def constant_noise(self) -> list[Tensor]:
        """Returns the network's fixed noise, [1, 1, H, W] for each layer that takes it."""
        return []

    def style_weights(self) -> list[Tensor]:
        """Returns the weights [c, width] of the affine maps from w to each of the `styles` layers."""
        raise NotImplementedError

    def draw_noise(self, count: int, random: torch.Generator | None = None) -> list[Tensor]:
        """Returns new noise [count, 1, H, W] for each layer that takes it; None means torch's global generator."""
        return [
            torch.randn(count, *noise.shape[1:], generator=random, device=noise.device, dtype=noise.dtype)
            for noise in self.constant_noise()
        ]

    def broadcast(self, latents: Tensor) -> Tensor:
        """Returns [N, styles, width]: `latents` [N, width] for every layer."""
        return latents[:, None].expand(-1, self.styles, -1)

    def truncate(self, ws: Tensor, truncation: float, layers: int | None = None) -> Tensor:
        """Returns `ws` [N, styles, width] with their distance from the mean latent times `truncation`.

        Applies to the first (coarsest) `layers`, or to all if None (Karras et al. 2019, appendix B).

        Raises:
            SpecError: `truncation` is not in [-1, 1], or `layers` not in [0, styles].
        """
        count = self.styles if layers is None else layers
        if not (-1 <= truncation <= 1 and 0 <= count <= self.styles):
            raise SpecError(
                f"truncation: got {truncation} of {count} layers; needs a number from -1 to 1, where 1 changes nothing "
                f"and 0 gives the mean image, and at most {self.styles} layers"
            )
        truncated = torch.lerp(self.mean_latent.value.to(ws.dtype), ws[:, :count], truncation)
        return torch.cat((truncated, ws[:, count:]), 1)

    def draw_styles(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns `ws` [N, styles, width] for training, with mixed styles, and updates the mean latent.

        The other latent of a sample is its neighbour's in the batch, mapped with the sample's own condition; it
        controls all layers from a uniformly sampled one on (mixing regularization, Karras et al. 2019, sec. 3.1).
        """
        ws = self.broadcast(self.mean_latent(self.mapping(latents, condition)))
        if not self.mixing:
            return ws
        count, device = len(latents), latents.device
        others = self.broadcast(self.mapping(latents.roll(1, 0), condition))
        mixed = torch.rand(count, 1, 1, device=device) < self.mixing
        crossed = torch.arange(self.styles, device=device)[:, None] >= torch.randint(
            1, max(self.styles, 2), (count, 1, 1), device=device
        )
        return torch.where(mixed & crossed, others, ws)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns images [N, C, H, W] of latents [N, n] and, if the network is conditional, a condition [N]."""
        if self.training:
            return self.synthesize(self.draw_styles(inputs, condition), self.draw_noise(len(inputs)))
        ws = self.broadcast(self.mapping(inputs, condition))
        return self.synthesize(ws, self.constant_noise()).clamp(-1, 1)
