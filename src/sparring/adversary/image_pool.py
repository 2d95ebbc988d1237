"""A pool of generated images: a discriminator sees older ones too."""

import torch
from torch import Tensor, nn


class ImagePool(nn.Module):
    """Up to `size` images of `shape` that were generated before (Shrivastava et al. 2017, sec. 2.3; Zhu et al. 2017).

    The first `size` images fill it. From then on each new image, with probability one half, replaces a random older
    one, which is returned; else it is returned and not kept. An image stays 2 `size` images long on average, and half
    of the returned images are old. The state, `images` [size, *shape] and their `count`, is in buffers, saved with the
    game; nothing waits for the device.
    """

    images: Tensor
    count: Tensor

    def __init__(self, size: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros(1, dtype=torch.int64))

    def query(self, images: Tensor, random: torch.Generator) -> Tensor:
        """Returns N images, some of them old ones instead of the new `images` [N, *shape], and keeps some of these."""
        if not self.size:
            return images
        places = torch.randint(self.size, (len(images), 1), generator=random, device=images.device)
        swaps = torch.rand(len(images), generator=random, device=images.device) < 0.5
        with torch.no_grad():
            swapped = [self._exchange(*each) for each in zip(images.detach(), places, swaps, strict=True)]
        old, is_old = (torch.stack(each) for each in zip(*swapped, strict=True))
        return torch.where(is_old.view(-1, *[1] * (images.dim() - 1)), old.to(images.dtype), images)

    def _exchange(self, image: Tensor, place: Tensor, swap: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the image [*shape] at `place`, and whether it is returned instead of the new one."""
        full = self.count[0] >= self.size
        place = torch.where(full, place, self.count)
        old = self.images.index_select(0, place)
        self.images.index_copy_(0, place, torch.where(swap | ~full, image.to(old.dtype), old[0])[None])
        self.count += ~full
        return old[0], swap & full

    def extra_repr(self) -> str:
        """Returns the size, for printing."""
        return f"{self.size}"
