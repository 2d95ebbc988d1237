"""BEGAN: the discriminator is an autoencoder, and the errors of the two sides are kept in balance."""

from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveInt
from torch import Tensor

from sparring.adversary import AdversarialSpec, Adversary, to_float32
from sparring.game import Batch, Losses
from sparring.games.latent_game import LatentGame
from sparring.latents import Prior, Uniform
from sparring.losses import Wasserstein
from sparring.network import Condition, Network, Shape
from sparring.networks import DCGANDiscriminator, DCGANGenerator


class Autoencoder(Network):
    """Scores samples [N, *sample] by -L(x), L(x) = |x - Dec(Enc(x))| being the mean over a sample's numbers."""

    def __init__(self, encoder: Network, decoder: Network) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the scores [N, 1]."""
        error = to_float32(self.decoder(self.encoder(inputs))) - inputs
        return -error.abs().flatten(1).mean(1, keepdim=True)


class BEGAN(LatentGame):
    """A generator G(z) against an autoencoder whose error is low for real samples only (Berthelot et al. 2017).

        L_D = L(x) - k L(G(z)),   L_G = L(G(z)),   k ← k + λ (γ L(x) - L(G(z))), cut to [0, 1]       (sec. 3.4)

    k begins at 0 and keeps E L(G(z)) = γ E L(x): a low diversity ratio γ leads to sharp samples of few kinds. Both
    teams move at once, as published. L(x) + |γ L(x) - L(G(z))|, observed as `convergence`, falls in a sound run.
    """

    class Spec(AdversarialSpec):
        """The players and the rules: codes have `hidden` numbers; `diversity` is γ, and `rate` λ."""

        order: tuple[str | tuple[str, ...], ...] = (("discriminator", "generator"),)
        generator: Network.Spec = DCGANGenerator.Spec()
        discriminator: Network.Spec = DCGANDiscriminator.Spec()
        decoder: Network.Spec = DCGANGenerator.Spec()
        prior: Prior = Uniform(size=64)
        losses: Wasserstein = Wasserstein()
        hidden: PositiveInt = 64
        diversity: Annotated[float, Field(gt=0, le=1)] = 0.5
        rate: NonNegativeFloat = 0.001

    spec: Spec
    balance: Tensor
    error: Tensor

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, Condition())
        self.prior, code = spec.prior, (spec.hidden,)
        self.generator = self.build_player("generator", spec.generator, (spec.prior.size,), sample)
        encoder = self.build_player("discriminator", spec.discriminator, sample, code)
        self.discriminator = Autoencoder(encoder, self.build_player("decoder", spec.decoder, code, sample))
        self.adversary = Adversary(spec, self.discriminator, sample, self.generator)
        for name in ("balance", "error"):
            self.register_buffer(name, torch.zeros(()))
        self.teams = self.adversary.teams(self.discriminate, self.generate)

    def discriminate(self, batch: Batch) -> Losses:
        """Returns the autoencoder's losses: L(x) - k L(G(z)), and penalties."""
        losses, scores = self.adversary.discriminate(batch, self.fake(batch))
        self.error.copy_(-scores.real.detach().mean())
        return losses | {"adversarial": self.balance.clone() * scores.fake.mean() - scores.real.mean()}

    def generate(self, batch: Batch) -> Losses:
        """Returns the generator's losses, and moves the balance k."""
        losses, scores = self.adversary.fool(batch, self.fake(batch))
        gap = self.spec.diversity * self.error + scores.detach().mean()
        batch.observe(balance=self.balance.clone(), convergence=self.error + gap.abs())
        self.balance.add_(self.spec.rate / batch.parts * gap).clamp_(0, 1)
        return losses
