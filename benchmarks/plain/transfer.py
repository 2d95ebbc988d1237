"""Plain loops of games that carry labels from a source domain to a target domain."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, softplus

from plain.setting import Setting, Step, descend, discriminator_loss
from sparring.games import ADDA, DANN
from sparring.layers.reversal import reverse_gradient
from sparring.network import UNLABELLED


def _domains(setting: Setting) -> tuple[Tensor, Tensor, Tensor]:
    """Returns samples of the source, their classes, and samples of the target."""
    known = setting.classes != UNLABELLED
    return setting.samples[known], setting.classes[known], setting.samples[~known]


def dann(setting: Setting, game: DANN) -> Step:
    """Ganin et al. 2016: half a batch of each domain, gradients reversed before the discriminator."""
    sources, classes, targets = _domains(setting)
    encoder, classifier, discriminator, half = game.encoder, game.classifier, game.discriminator, setting.batch // 2
    (of_learner,) = setting.optimizers()

    def step() -> None:
        chosen = torch.randint(len(sources), (half,))
        source, target = encoder(sources[chosen]), encoder(targets[torch.randint(len(targets), (half,))])
        scores = (discriminator(reverse_gradient(domain, 0.5)) for domain in (source, target))
        descend(of_learner, cross_entropy(classifier(source), classes[chosen]) + discriminator_loss(*scores))

    return step


def adda(setting: Setting, game: ADDA) -> Step:
    """Tzeng et al. 2017, after pretraining on the source: half a batch of each domain, inverted labels."""
    sources, _, targets = _domains(setting)
    discriminator, half = game.discriminator, setting.batch // 2
    _, of_discriminator, of_target = setting.optimizers()

    def step() -> None:
        with torch.no_grad():
            source = game.source_encoder(sources[torch.randint(len(sources), (half,))])
        target = game.target_encoder(targets[torch.randint(len(targets), (half,))])
        descend(of_discriminator, discriminator_loss(discriminator(source), discriminator(target.detach())))
        descend(of_target, softplus(-discriminator(target)).mean())

    return step
