"""What generators of the StyleGAN line share, for those who train them, penalize them, and work in their latents."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sparring.errors import SpecError
from sparring.layers.mapping import MeanLatent
from sparring.network import Network

Noise = Sequence[Tensor]
"""Noise [N, 1, H, W], or [1, 1, H, W] for all samples alike, for each layer that takes any; none at all if empty."""


class StyleNetwork(Network):
    """A generator in two halves: z is mapped to an intermediate latent w, and styles made from w control each layer.

    `mapping(z, condition)` gives w [N, `width`]; each of the `styles` layers of the synthesis network takes a w of its
    own, in `synthesize(ws, noise)`: ws are [N, styles, width], all equal (`broadcast`) unless styles are mixed or
    optimized one by one (W+). `mean_latent` is the running mean of w, around which `truncate` contracts.

    As a network it is all of this in a row. In training a share `mixing` of the samples have styles from two latents,
    the noise is new each time, and images are what the last layer says, as published; in evaluation there is nothing
    random, and images are clamped to [-1, 1].
    """

    mapping: nn.Module
    mean_latent: MeanLatent
    width: int
    styles: int
    mixing: float

    def synthesize(self, ws: Tensor, noise: Noise = ()) -> Tensor:
        """Returns images [N, C, H, W], about [-1, 1] but not bounded, of `ws` [N, styles, width]."""
        raise NotImplementedError

    def synthesize_moved(self, ws: Tensor, transform: Tensor) -> Tensor:
        """Returns what `synthesize` does of `ws` [N, styles, width], asked to move it all by `transform` [3, 3].

        `transform` takes points (x, y, 1), in pixels from the image's centre, x to the right and y down, to where
        their content shall be; at the borders the images show what moves in (Karras et al. 2021, sec. 3).

        Raises:
            SpecError: the input of the network cannot be moved, as a learned constant cannot.
        """
        raise SpecError(
            f"{type(self).__name__} begins with a learned constant, which cannot be moved: how well images follow "
            "their input can be told of networks with Fourier features for one, such as StyleGAN3's"
        )

    def constant_noise(self) -> list[Tensor]:
        """Returns the noise that belongs to the network, [1, 1, H, W] for each layer that takes any."""
        return []

    def style_weights(self) -> list[Tensor]:
        """Returns for each of the `styles` layers the weights [c, width] of the affine maps that its w goes through."""
        raise NotImplementedError

    def draw_noise(self, count: int, random: torch.Generator | None = None) -> list[Tensor]:
        """Returns new noise [count, 1, H, W] for each layer that takes any; None stands for torch's own generator."""
        return [
            torch.randn(count, *noise.shape[1:], generator=random, device=noise.device, dtype=noise.dtype)
            for noise in self.constant_noise()
        ]

    def broadcast(self, latents: Tensor) -> Tensor:
        """Returns [N, styles, width]: every layer gets the same of `latents` [N, width]."""
        return latents[:, None].expand(-1, self.styles, -1)

    def truncate(self, ws: Tensor, truncation: float, layers: int | None = None) -> Tensor:
        """Returns `ws` [N, styles, width] with their distance from the mean latent times `truncation`.

        Only the first (coarsest) `layers` are moved; None moves all (Karras et al. 2019, appendix B).

        Raises:
            SpecError: `truncation` is not from -1 to 1, or `layers` not from 0 to `styles`.
        """
        count = self.styles if layers is None else layers
        if not (-1 <= truncation <= 1 and 0 <= count <= self.styles):
            raise SpecError(
                f"truncation: got {truncation} of {count} layers; needs a number from -1 to 1, where 1 changes nothing "
                f"and 0 gives the mean image, and at most {self.styles} layers"
            )
        moved = torch.lerp(self.mean_latent.value.to(ws.dtype), ws[:, :count], truncation)
        return torch.cat((moved, ws[:, count:]), 1)

    def draw_styles(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns `ws` [N, styles, width] for training, styles mixed and the mean latent informed.

        The other latent of a sample is that of its neighbour in the batch, told the sample's own condition; from a
        layer on, drawn evenly, its styles take over (mixing regularization, Karras et al. 2019, sec. 3.1).
        """
        ws = self.broadcast(self.mean_latent(self.mapping(latents, condition)))
        if not self.mixing:
            return ws
        count, device = len(latents), latents.device
        others = self.broadcast(self.mapping(latents.roll(1, 0), condition))
        mixed = torch.rand(count, 1, 1, device=device) < self.mixing
        taken_over = torch.arange(self.styles, device=device)[:, None] >= torch.randint(
            1, max(self.styles, 2), (count, 1, 1), device=device
        )
        return torch.where(mixed & taken_over, others, ws)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns images [N, C, H, W] of latents [N, n] and, where the network has one, a condition [N]."""
        if self.training:
            return self.synthesize(self.draw_styles(inputs, condition), self.draw_noise(len(inputs)))
        ws = self.broadcast(self.mapping(inputs, condition))
        return self.synthesize(ws, self.constant_noise()).clamp(-1, 1)
