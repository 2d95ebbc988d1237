"""Adversarial autoencoder: codes that a discriminator cannot distinguish from draws of a prior."""

from collections.abc import Mapping

import torch
from pydantic import PositiveFloat
from torch import Tensor
from torch.nn.functional import mse_loss

from sparring.adversary import AdversarialLoss, AdversarialSpec, Adversary, GeneratedBatch
from sparring.errors import SpecError
from sparring.game import Batch, Losses, SampleGrid, ScatterPlot, Team
from sparring.games.latent_game import LatentGame
from sparring.latents import Deterministic, Encoding, Gaussian, Prior
from sparring.losses import NonSaturating
from sparring.network import UNLABELLED, Condition, Network, Shape
from sparring.networks import MLP, DCGANDiscriminator, DCGANGenerator

_SIDE, _COLUMNS, _MAX_ROWS, _POINTS = 12, 10, 5, 1_000


class AAE(LatentGame):
    """An encoder q(z|x) and a decoder p(x|z) against a discriminator D(z) of codes (Makhzani et al. 2016).

    The autoencoder minimises the squared error of its reconstructions, and the encoder makes codes that D takes for
    draws of the `prior`: E‖x - p(q(x))‖² `reconstruction_weight` + the adversarial loss. The paper takes these two
    as separate steps of stochastic gradient descent on each batch; here they are the addends of one move, since
    a weight has one optimizer. `encoding` is deterministic in all the paper's experiments.

    `informed` conditions D on the class, and gives each class its own mode of the prior (fig. 3). Samples without a
    label have one class more, "unknown", whose mode is all of the prior.
    """

    class Spec(AdversarialSpec):
        """The players and the rules; the mean in the squared error is over batch and pixels."""

        order: tuple[str | tuple[str, ...], ...] = ("discriminator", "autoencoder")
        encoder: Network.Spec = DCGANDiscriminator.Spec()
        decoder: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = MLP.Spec()
        prior: Prior = Gaussian(size=8)
        encoding: Encoding = Deterministic()
        losses: AdversarialLoss = NonSaturating()
        reconstruction_weight: PositiveFloat = 10.0
        informed: bool = False

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        if spec.informed and not condition.classes:
            raise SpecError("game.informed: the data has no labels; give it some (data.labels)")
        super().__init__(spec, sample, Condition(condition.classes) if spec.informed else Condition())
        if spec.informed:
            spec.prior.check_modes(condition.classes)
        self.prior, self.classes = spec.prior, condition.classes
        code, alone = (spec.prior.size,), Condition()
        self.encoder = self.build_player("encoder", spec.encoder, sample, (spec.encoding.outputs(*code),), alone)
        self.decoder = self.build_player("decoder", spec.decoder, code, sample, alone)
        informed = Condition(condition.classes + condition.partly) if spec.informed else alone
        self.discriminator = self.build_player("discriminator", spec.discriminator, code, (1,), informed)
        self.adversary = Adversary(spec, self.discriminator, code, self.encoder)
        players = {"encoder": self.encoder, "decoder": self.decoder}
        self.teams = (self.adversary.team(self.discriminate), Team("autoencoder", players, self.reconstruct))

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: draws of the prior, which are its real samples, against codes."""
        fake, labels = self._encode(batch), self._labels(batch)
        return self.adversary.discriminate(batch, fake, self._draw_real(batch), labels)[0]

    def reconstruct(self, batch: Batch) -> Losses:
        """Returns the autoencoder's losses: the error of its reconstructions, and the adversarial loss of its codes."""
        fake = self._encode(batch)
        error = mse_loss(self.decoder(fake.samples), batch.real)
        real = self._draw_real(batch) if self.adversary.needs_real(batch.step) else None
        losses, _ = self.adversary.fool(batch, fake, real, self._labels(batch))
        return {"reconstruction": self.spec.reconstruction_weight * error, **losses}

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        if condition is not None and condition.is_floating_point():
            raise SpecError("condition: AAE samples the mode of one class, there is nothing between; name one")
        return self.render(self._draw_codes(count, random, condition))

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return self._draw_codes(count, random, None)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the samples of `latents`; a class adds nothing, since its mode is where they lie."""
        samples: Tensor = self.decoder(latents)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the codes [N, n] of samples [N, *sample], the means where the encoding is stochastic."""
        return self.spec.encoding.expect(self.encoder(samples))

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of real samples over their reconstructions, and the plane of a 2-D code."""
        samples = real[: _COLUMNS * _MAX_ROWS]
        grids = {"reconstructions": SampleGrid.compare(samples, self.render(self.encode(samples)), _COLUMNS)}
        if self.prior.size == 2:
            codes = self.draw_latents(_POINTS, torch.Generator(real.device).manual_seed(seed))
            low, high = codes.quantile(0.02, dim=0), codes.quantile(0.98, dim=0)
            places = torch.linspace(0, 1, _SIDE, device=real.device)
            plane = low + (high - low) * torch.cartesian_prod(places.flip(0), places).flip(1)
            grids["plane"] = SampleGrid(self.render(plane), _SIDE)
        return grids

    def scatter_plots(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, ScatterPlot]:
        """Returns the codes, coloured by class, over draws of the prior: the first two numbers of each."""
        if self.prior.size < 2:
            return {}
        prior, codes = self.draw_latents(_POINTS, torch.Generator(real.device).manual_seed(seed)), self.encode(real)
        groups = torch.full((_POINTS + len(real),), -1, device=real.device)
        groups[_POINTS:] = self._with_unknown(condition) if condition is not None and self.classes else 0
        return {"codes": ScatterPlot(torch.cat((prior, codes))[:, :2], groups)}

    def _encode(self, batch: Batch) -> GeneratedBatch:
        """Returns the codes of real samples: generated samples to the discriminator."""
        return GeneratedBatch.from_latents(
            lambda samples: self.spec.encoding.draw(self.encoder(samples), batch.random), batch.real
        )

    def _draw_real(self, batch: Batch) -> Tensor:
        return self._draw_codes(len(batch.real), batch.random, self._labels(batch))

    def _draw_codes(self, count: int, random: torch.Generator, classes: Tensor | None) -> Tensor:
        """Returns draws of the prior: of the mode of each of `classes` [count], or of random ones, if informed."""
        if not self.condition.classes:
            return self.prior.draw(count, random)
        modes = torch.randint(self.classes, (count,), generator=random, device=random.device)
        return self.spec.prior.draw_modes(
            modes if classes is None else modes.where(classes == self.classes, classes), random
        )

    def _labels(self, batch: Batch) -> Tensor | None:
        """Returns the classes [N] that the discriminator is conditioned on."""
        return self._with_unknown(batch.condition) if self.spec.informed and batch.condition is not None else None

    def _with_unknown(self, classes: Tensor) -> Tensor:
        """Returns `classes` [N], the unknown ones as one class more."""
        return classes.where(classes != UNLABELLED, self.classes)
