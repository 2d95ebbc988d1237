"""A history of generated images, from which a discriminator is shown older ones too."""

import torch
from torch import Tensor, nn


class ImagePool(nn.Module):
    """Up to `size` images of `shape` that were made before (Shrivastava et al. 2017, sec. 2.3; Zhu et al. 2017).

    The first `size` images fill it. From then on each new image is, with probability one half, kept in the place of an
    older one chosen at random, which is shown instead; else it is shown itself and not kept. So an image stays
    2 `size` images long on average, and half of what is shown is old. All of it is in buffers, `images`
    [size, *shape] and their `count`, so that it is saved with the game; nothing waits for the device.
    """

    images: Tensor
    count: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros(1, dtype=torch.int64))

    def query(self, made: Tensor, random: torch.Generator) -> Tensor:
        """Returns as many images as were `made` [N, *shape], some of them old, and keeps some of the new."""
        if not self.size:
            return made
        places = torch.randint(self.size, (len(made), 1), generator=random, device=made.device)
        swaps = torch.rand(len(made), generator=random, device=made.device) < 0.5
        with torch.no_grad():
            shown = [self._exchange(*each) for each in zip(made.detach(), places, swaps, strict=True)]
        old, is_old = (torch.stack(each) for each in zip(*shown, strict=True))
        return torch.where(is_old.view(-1, *[1] * (made.dim() - 1)), old.to(made.dtype), made)

    def _exchange(self, made: Tensor, place: Tensor, swap: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the image [*shape] at the chosen place, and whether it is to be shown."""
        full = self.count[0] >= self.size
        place = torch.where(full, place, self.count)
        old = self.images.index_select(0, place)
        self.images.index_copy_(0, place, torch.where(swap | ~full, made.to(old.dtype), old[0])[None])
        self.count += ~full
        return old[0], swap & full

    def extra_repr(self) -> str:
        """Returns the size, for printing."""
        return f"{self.size}"
