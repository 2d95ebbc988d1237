"""Codes: parts of a latent that a recognizer recovers from the sample (Chen et al. 2016, InfoGAN)."""

from abc import abstractmethod
from math import log, pi

import torch
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor
from torch.nn.functional import one_hot, softplus

from sparring.spec import Family


class Code(Family):
    """The distribution of `size` numbers c of a latent, and of a recognizer Q(c|x).

    Q(c|x) is a distribution of a fixed form; the recognizer's `outputs` are its parameters. `weight` is λ of eq. 6.
    """

    size: PositiveInt
    weight: NonNegativeFloat = 1.0

    @property
    @abstractmethod
    def outputs(self) -> int:
        """The number of the recognizer's outputs for the code."""

    @property
    @abstractmethod
    def entropy(self) -> float:
        """H(c) in nats; the differential entropy of continuous codes."""

    @abstractmethod
    def draw(self, count: int, random: torch.Generator) -> Tensor:
        """Returns codes [count, size], sampled with `random` on its device."""

    @abstractmethod
    def log_likelihood(self, code: Tensor, outputs: Tensor) -> Tensor:
        """Returns log Q(c|x) [N] in nats of codes [N, size], given Q's `outputs` [N, outputs]."""

    @abstractmethod
    def expect(self, outputs: Tensor) -> Tensor:
        """Returns the mean [N, size] of Q(c|x)."""

    @abstractmethod
    def traverse(self, code: Tensor, steps: int) -> list[Tensor]:
        """Returns a path [N, places, size] through codes [N, size] for each degree of freedom.

        A path has `steps` places unless the code has a number of its own.
        """

    def information(self, code: Tensor, outputs: Tensor) -> Tensor:
        """Returns E[log Q(c|x)] + H(c), which bounds the mutual information of code and sample (eqs. 4-5), in nats."""
        return self.log_likelihood(code, outputs).mean() + self.entropy


class Categorical(Code):
    """One of `size` equally likely categories, one-hot times `scale`; Q is a softmax.

    The published 1 is small compared with 62 numbers of noise, and noise alone may change the class. Raise it if
    categories should be the largest difference; ClusterGAN instead has noise of deviation 0.1 (Mukherjee et al. 2019).
    """

    size: PositiveInt = 10
    scale: PositiveFloat = 1.0

    @property
    def outputs(self) -> int:
        return self.size

    @property
    def entropy(self) -> float:
        return log(self.size)

    def draw(self, count: int, random: torch.Generator) -> Tensor:
        categories = torch.randint(self.size, (count,), generator=random, device=random.device)
        return one_hot(categories, self.size).to(torch.get_default_dtype()) * self.scale

    def log_likelihood(self, code: Tensor, outputs: Tensor) -> Tensor:
        return (code / self.scale * outputs.log_softmax(1)).sum(1)

    def expect(self, outputs: Tensor) -> Tensor:
        """Returns the probabilities of the categories, times `scale`."""
        return outputs.softmax(1) * self.scale

    def traverse(self, code: Tensor, steps: int) -> list[Tensor]:
        """Returns a single path, through all categories."""
        places = torch.eye(self.size, dtype=code.dtype, device=code.device) * self.scale
        return [places.expand(len(code), -1, -1)]


class Continuous(Code):
    """Independent uniforms on [-1, 1]; Q is an independent Gaussian for each.

    Its standard deviation is `deviation`, or if that is None, an output of the recognizer like the mean. A fixed one
    loosens the bound: at 1, the published code's on MNIST, the bound never exceeds ln 2 - ½ ln 2π = -0.23 nats a
    number, but its gradient is still a mean squared error's.
    """

    size: PositiveInt = 1
    deviation: PositiveFloat | None = None

    @property
    def outputs(self) -> int:
        return self.size if self.deviation is not None else 2 * self.size

    @property
    def entropy(self) -> float:
        return self.size * log(2)

    def draw(self, count: int, random: torch.Generator) -> Tensor:
        return torch.rand(count, self.size, generator=random, device=random.device) * 2 - 1

    def log_likelihood(self, code: Tensor, outputs: Tensor) -> Tensor:
        mean, deviation = outputs[:, : self.size], self._deviation(outputs)
        return (-((code - mean) / deviation).square() / 2 - deviation.log() - log(2 * pi) / 2).sum(1)

    def expect(self, outputs: Tensor) -> Tensor:
        """Returns the means of the Gaussians."""
        return outputs[:, : self.size]

    def traverse(self, code: Tensor, steps: int) -> list[Tensor]:
        """Returns a path for each number, from -1 to 1; the others stay unchanged."""
        places = torch.linspace(-1, 1, steps, dtype=code.dtype, device=code.device)
        paths = []
        for number in range(self.size):
            path = code[:, None].repeat(1, steps, 1)
            path[:, :, number] = places
            paths.append(path)
        return paths

    def _deviation(self, outputs: Tensor) -> Tensor:
        """Returns the standard deviations, at least a thousandth, which keeps the bound finite."""
        if self.deviation is not None:
            return torch.as_tensor(self.deviation, dtype=outputs.dtype, device=outputs.device)
        return softplus(outputs[:, self.size :]) + 1e-3
