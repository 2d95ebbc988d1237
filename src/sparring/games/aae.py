"""Adversarial autoencoder: codes that a discriminator cannot tell from draws of a prior."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from pydantic import PositiveFloat
from torch import Tensor
from torch.nn.functional import mse_loss

from sparring.adversary import DiscriminatorCritic, GeneratedBatch, Penalizer, Penalties, check_fit, score
from sparring.errors import SpecError
from sparring.game import Batch, Game, Losses, Projection, SampleGrid, ScatterPlot, Team
from sparring.latents import Deterministic, Encoding, Gaussian, Prior
from sparring.losses import AdversarialLoss, NonSaturating
from sparring.network import UNLABELLED, Condition, Network, Shape, couples_samples
from sparring.networks import MLP, DCGANDiscriminator, DCGANGenerator

_SIDE, _ROW, _MOST_ROWS, _CLOUD = 12, 10, 5, 1_000


class AAE(Game):
    """An encoder q(z|x) and a decoder p(x|z) against a discriminator D(z) of codes (Makhzani et al. 2016).

    The autoencoder minimises the squared error of its reconstructions, and the encoder makes codes that D takes for
    draws of the `prior`: E‖x - p(q(x))‖² `reconstruction_weight` + the adversarial loss. The paper takes these two
    as separate steps of stochastic gradient descent on each batch; here they are the addends of one move, since
    a weight has one optimizer. `encoding` is deterministic in all the paper's experiments.

    `informed` tells D the class, and gives each class its own mode of the prior (fig. 3). Where the data does not tell
    a sample's class, D is told one class more, "unknown", whose mode is all of the prior.
    """

    class Spec(Game.Spec):
        """The cast and the rules; the mean in the squared error is over batch and pixels."""

        order: tuple[str | tuple[str, ...], ...] = ("discriminator", "autoencoder")
        encoder: Network.Spec = DCGANDiscriminator.Spec()
        decoder: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = MLP.Spec()
        prior: Prior = Gaussian(size=8)
        encoding: Encoding = Deterministic()
        losses: AdversarialLoss = NonSaturating()
        penalties: Penalties = ()
        projections: tuple[Projection, ...] = ()
        reconstruction_weight: PositiveFloat = 10.0
        informed: bool = False

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        if spec.informed and not condition.classes:
            raise SpecError("game.informed: the data has no labels to tell; give it some (data.labels)")
        super().__init__(spec, sample, Condition(condition.classes) if spec.informed else Condition())
        if spec.informed:
            spec.prior.check_modes(condition.classes)
        self.classes = condition.classes
        code, untold = (spec.prior.size,), Condition()
        check_fit(code, penalties=spec.penalties)
        self.encoder = self.build_player("encoder", spec.encoder, sample, (spec.encoding.count(*code),), untold)
        self.decoder = self.build_player("decoder", spec.decoder, code, sample, untold)
        told = Condition(condition.classes + condition.partly) if spec.informed else untold
        self.discriminator = self.build_player("discriminator", spec.discriminator, code, (1,), told)
        self.penalties = Penalizer(spec.penalties, self.discriminator)
        self._joins = not couples_samples(self.discriminator)
        self.teams = (
            Team("discriminator", {"discriminator": self.discriminator}, self.discriminate, spec.projections),
            Team("autoencoder", {"encoder": self.encoder, "decoder": self.decoder}, self.reconstruct),
        )

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the discriminator's losses: draws of the prior, which are its real samples, against codes."""
        drawn = GeneratedBatch.from_latents(lambda given: self._draw_codes(given, batch), batch.real)
        scores = score(self._judge(batch), replace(batch, real=self._draw_real(batch)), drawn, self.penalties)
        return {"adversarial": self.spec.losses.discriminator(scores.real, scores.fake), **scores.penalties}

    def reconstruct(self, batch: Batch) -> Losses:
        """Returns the autoencoder's losses: the error of its reconstructions, and what its codes cost."""
        codes, judge = self._draw_codes(batch.real, batch), self._judge(batch)
        error = mse_loss(self.decoder(codes), batch.real)
        real = judge(self._draw_real(batch)) if self.spec.losses.needs_real else None
        return {
            "reconstruction": self.spec.reconstruction_weight * error,
            "adversarial": self.spec.losses.generator(judge(codes), real),
        }

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        if condition is not None and condition.is_floating_point():
            raise SpecError("condition: AAE draws from the mode of one class, there is nothing between; name one")
        return self.render(self._draw_latents(count, random, condition))

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return self._draw_latents(count, random, None)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the samples of `latents`; a class says nothing more, since its mode is where they lie."""
        samples: Tensor = self.decoder(latents)
        return samples

    def encode(self, samples: Tensor) -> Tensor:
        """Returns the codes [N, n] of samples [N, *sample], the means where the encoding is stochastic."""
        return self.spec.encoding.expect(self.encoder(samples))

    @property
    def spherical(self) -> bool:
        return self.spec.prior.spherical

    def sample_grids(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, SampleGrid]:
        """Returns rows of real samples with their reconstructions below, and what lies in the plane of a 2-D code."""
        shown = real[: _ROW * _MOST_ROWS]
        reconstructions = SampleGrid.compare(shown, self.render(self.encode(shown)), _ROW)
        if self.spec.prior.size != 2:
            return {"reconstructions": reconstructions}
        drawn = self.draw_latents(_CLOUD, torch.Generator(real.device).manual_seed(seed))
        low, high = drawn.quantile(0.02, dim=0), drawn.quantile(0.98, dim=0)
        places = torch.linspace(0, 1, _SIDE, device=real.device)
        grid = low + (high - low) * torch.cartesian_prod(places.flip(0), places).flip(1)
        return {"reconstructions": reconstructions, "plane": SampleGrid(self.render(grid), _SIDE)}

    def scatter_plots(self, real: Tensor, condition: Tensor | None, seed: int) -> Mapping[str, ScatterPlot]:
        """Returns the codes, coloured by class, over draws of the prior: the first two numbers of each."""
        if self.spec.prior.size < 2:
            return {}
        drawn, codes = self.draw_latents(_CLOUD, torch.Generator(real.device).manual_seed(seed)), self.encode(real)
        groups = torch.full((_CLOUD + len(real),), -1, device=real.device)
        groups[_CLOUD:] = self._known(condition) if condition is not None and self.classes else 0
        return {"codes": ScatterPlot(torch.cat((drawn, codes))[:, :2], groups)}

    def _judge(self, batch: Batch) -> DiscriminatorCritic:
        return DiscriminatorCritic(self.discriminator, self._told(batch), self._joins)

    def _draw_codes(self, samples: Tensor, batch: Batch) -> Tensor:
        return self.spec.encoding.draw(self.encoder(samples), batch.random)

    def _draw_real(self, batch: Batch) -> Tensor:
        return self._draw_latents(len(batch.real), batch.random, self._told(batch))

    def _draw_latents(self, count: int, random: torch.Generator, classes: Tensor | None) -> Tensor:
        if not self.condition.classes:
            return self.spec.prior.draw(count, random)
        drawn = torch.randint(self.classes, (count,), generator=random, device=random.device)
        return self.spec.prior.draw_modes(
            drawn if classes is None else drawn.where(classes == self.classes, classes), random
        )

    def _told(self, batch: Batch) -> Tensor | None:
        """Returns what the discriminator is told, [N]."""
        return self._known(batch.condition) if self.spec.informed and batch.condition is not None else None

    def _known(self, classes: Tensor) -> Tensor:
        """Returns `classes` [N], those that the data does not tell as one more."""
        return classes.where(classes != UNLABELLED, self.classes)
