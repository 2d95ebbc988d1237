"""Latents made of noise and codes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.latents.code import Code
from sparring.latents.prior import Prior


@dataclass(frozen=True)
class CodedPrior:
    """The distribution of latents z, c (Chen et al. 2016): `noise` first, then the `codes` in their order."""

    noise: Prior
    codes: tuple[Code, ...]

    @property
    def size(self) -> int:
        """The numbers of a latent."""
        return self.noise.size + sum(code.size for code in self.codes)

    @property
    def outputs(self) -> int:
        """The outputs of a recognizer of all codes."""
        return sum(code.outputs for code in self.codes)

    @property
    def spherical(self) -> bool:
        """No: codes do not lie on a sphere."""
        return False

    def draw(self, count: int, random: torch.Generator) -> Tensor:
        """Returns latents [count, size]; the codes are sampled before the noise."""
        codes = [code.draw(count, random) for code in self.codes]
        return torch.cat((self.noise.draw(count, random), *codes), 1)

    def split(self, latents: Tensor) -> Sequence[Tensor]:
        """Returns the noise of `latents` [N, size], and each of their codes."""
        return torch.split_with_sizes(latents, [self.noise.size, *(code.size for code in self.codes)], 1)

    def expect(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Returns the expectation [N, size] of each code, given a recognizer's `outputs` [N, K]."""
        return tuple(code.expect(part) for code, part in zip(self.codes, self._split_outputs(outputs), strict=True))

    def information(self, latents: Tensor, outputs: Tensor) -> dict[str, Tensor]:
        """Returns L_I in nats for each code by its name, given a recognizer's `outputs` [N, K]."""
        _, *values = self.split(latents)
        parts = zip(self.codes, values, self._split_outputs(outputs), strict=True)
        bounds = [code.information(value, part) for code, value, part in parts]
        return dict(zip(self.names, bounds, strict=True))

    def traverse(self, latents: Tensor, steps: int) -> Iterator[tuple[str, Tensor]]:
        """Yields a name and latents [N, places, size] for each category and each number: it alone moves along a row."""
        parts = self.split(latents)
        for index, (name, code) in enumerate(zip(self.names, self.codes, strict=True)):
            paths = code.traverse(parts[1 + index], steps)
            for number, path in enumerate(paths):
                rows = [part[:, None].expand(-1, path.shape[1], -1) for part in parts]
                rows[1 + index] = path
                yield f"{name}-{number + 1}" if len(paths) > 1 else name, torch.cat(rows, 2)

    @property
    def names(self) -> list[str]:
        """The kinds of the codes, numbered where a kind occurs more than once."""
        kinds = [code.kind().lower() for code in self.codes]
        return [
            kind if kinds.count(kind) == 1 else f"{kind}-{kinds[: index + 1].count(kind)}"
            for index, kind in enumerate(kinds)
        ]

    def _split_outputs(self, outputs: Tensor) -> Sequence[Tensor]:
        return torch.split_with_sizes(outputs, [code.outputs for code in self.codes], 1)
