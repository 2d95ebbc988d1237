"""Games that make images of one domain from images of another."""

import torch
from torch import Tensor

from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Game
from sparring.layers.dropout import seeded_from
from sparring.network import Condition, Network, Shape


class TranslationGame(Game):
    """Translates images of domain a, a batch's `condition`, into images of domain b, its `real` samples."""

    directions: tuple[str, ...] = ("a-to-b",)

    def __init__(self, spec: Game.Spec, sample: Shape, condition: Condition) -> None:
        if not condition.shape:
            raise SpecError(
                f"game: {spec.kind()} translates between two domains, and the data has one; play it on pairs "
                "(data.kind=Pairs, SideBySide or Transformed) or on two sets of images (data.kind=Unpaired)"
            )
        if condition.shape[1:] != sample[1:]:
            raise ShapeError(
                f"game: images of a are {condition.shape} and of b {sample}; {spec.kind()} needs one height and width, "
                "for example data.a.size and data.b.size"
            )
        super().__init__(spec, sample, condition)

    def sources(self, batch: Batch) -> Tensor:
        """Returns the images of a in `batch`."""
        assert batch.condition is not None
        return batch.condition

    def translator(self, direction: str) -> Network:
        """Returns the generator that translates in `direction`."""
        raise NotImplementedError

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        """Returns translations of `condition` [count, *source], images of a; dropout is sampled from `random`.

        Raises:
            SpecError: there are no images to translate.
        """
        sources = self.condition.draw(count, random) if condition is None else condition
        assert sources is not None
        return self._translate(sources, self.directions[0], random)

    def translate(self, images: Tensor, direction: str) -> Tensor:
        """Returns the translations of `images` [N, C, H, W]; dropout depends on their count and size alone."""
        self.check_direction(direction)
        return self._translate(images, direction, torch.Generator(images.device).manual_seed(0))

    def _translate(self, images: Tensor, direction: str, random: torch.Generator) -> Tensor:
        with seeded_from(random):
            translations: Tensor = self.translator(direction)(images)
        return translations
