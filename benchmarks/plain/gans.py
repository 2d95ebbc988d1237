"""Plain loops of games of a generator against a discriminator."""

from math import log, pi

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot, softplus

from plain.setting import Setting, Step, descend, discriminator_loss, entropy, penalize
from sparring.games import ACGAN, GAN, FlowGAN, InfoGAN, SemiSupervised


def conditional(setting: Setting, game: GAN) -> Step:
    """A conditional GAN."""
    generator, discriminator, size, penalties = (
        game.generator,
        game.discriminator,
        game.spec.prior.size,
        game.spec.penalties,
    )
    (of_discriminator, of_generator), follow = setting.optimizers(), setting.follow()

    def step() -> None:
        real, classes = setting.draw()
        real.requires_grad_()
        fake = generator(torch.randn(setting.batch, size), classes)
        scores = discriminator(real, classes)
        loss = discriminator_loss(scores, discriminator(fake.detach(), classes)) + penalize(scores, real, penalties)
        descend(of_discriminator, loss)
        descend(of_generator, softplus(-discriminator(fake, classes)).mean())
        follow()

    return step


def acgan(setting: Setting, game: ACGAN) -> Step:
    """Odena et al. 2017, eqs. 2 and 3."""
    generator, discriminator, size, penalties = (
        game.generator,
        game.discriminator,
        game.spec.prior.size,
        game.spec.penalties,
    )
    (of_discriminator, of_generator), follow = setting.optimizers(), setting.follow()

    def step() -> None:
        real, classes = setting.draw()
        real.requires_grad_()
        fake = generator(torch.randn(setting.batch, size), classes)
        output_real, output_fake = discriminator(real), discriminator(fake.detach())
        classification = cross_entropy(output_real[:, 1:], classes) + cross_entropy(output_fake[:, 1:], classes)
        adversarial = discriminator_loss(output_real[:, 0], output_fake[:, 0])
        descend(of_discriminator, adversarial + classification + penalize(output_real[:, 0], real, penalties))
        output = discriminator(fake)
        descend(of_generator, softplus(-output[:, 0]).mean() + cross_entropy(output[:, 1:], classes))
        follow()

    return step


def semi_supervised(setting: Setting, game: SemiSupervised) -> Step:
    """Salimans et al. 2016: K + 1 classes and feature matching."""
    generator, discriminator, size, penalties = (
        game.generator,
        game.discriminator,
        game.spec.prior.size,
        game.spec.penalties,
    )
    (of_discriminator, of_generator), follow = setting.optimizers(), setting.follow()

    def step() -> None:
        real, classes = setting.draw()
        real.requires_grad_()
        fake = generator(torch.randn(setting.batch, size))
        logits, logits_fake = discriminator(real), discriminator(fake.detach())
        scores = logits.logsumexp(1)
        loss = (
            discriminator_loss(scores, logits_fake.logsumexp(1))
            + entropy(logits, classes)
            + penalize(scores, real, penalties)
        )
        descend(of_discriminator, loss)
        with torch.no_grad():
            target = discriminator.features(real).mean(0)
        descend(of_generator, (discriminator.features(fake).mean(0) - target).square().sum())
        follow()

    return step


def infogan(setting: Setting, game: InfoGAN) -> Step:
    """Chen et al. 2016, Q sharing the discriminator's trunk: a category and some continuous codes."""
    generator, discriminator, penalties = game.generator, game.discriminator, game.spec.penalties
    (category, continuous), noise, batch = game.spec.codes, game.spec.noise.size, setting.batch
    (of_discriminator, of_generator), follow = setting.optimizers(), setting.follow()

    def recognition(output: Tensor, classes: Tensor, numbers: Tensor) -> Tensor:
        of_classes = cross_entropy(output[:, 1 : 1 + category.size], classes)
        of_numbers = (output[:, 1 + category.size :] - numbers).square().sum(1).mean() / 2
        return category.weight * of_classes + continuous.weight * of_numbers

    def step() -> None:
        real, _ = setting.draw()
        real.requires_grad_()
        classes, numbers = torch.randint(category.size, (batch,)), torch.rand(batch, continuous.size) * 2 - 1
        fake = generator(torch.cat((torch.randn(batch, noise), 5.0 * one_hot(classes, category.size), numbers), 1))
        scores, output = discriminator(real)[:, 0], discriminator(fake.detach())
        loss = discriminator_loss(scores, output[:, 0]) + recognition(output, classes, numbers)
        descend(of_discriminator, loss + penalize(scores, real, penalties))
        output = discriminator(fake)
        descend(of_generator, softplus(-output[:, 0]).mean() + recognition(output, classes, numbers))
        follow()

    return step


def flow_gan(setting: Setting, game: FlowGAN) -> Step:
    """Grover et al. 2018, eq. 6, with relativistic pairs, R1 and R2; gradients are clipped like the recipe's."""
    generator, discriminator, size = game.generator, game.discriminator, game.prior.size
    (of_discriminator, of_generator), follow = setting.optimizers(), setting.follow()
    levels, weight, clip = game.spec.levels, game.spec.likelihood_weight, setting.recipe.training.clip_gradient
    of_real, of_fake = game.spec.penalties

    def clipped(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], clip)
        optimizer.step()

    def step() -> None:
        pictures, _ = setting.draw()
        shades = ((pictures + 1) / 2 * (levels - 1)).round()
        dequantized = (shades + torch.rand_like(shades)) / levels * 2 - 1
        real = dequantized.clone().requires_grad_()
        generated, _ = generator.transform(torch.randn(setting.batch, size))
        fake = generated.detach().requires_grad_()
        scores, scores_fake = discriminator(real), discriminator(fake)
        penalties = penalize(scores, real, (of_real,)) + penalize(scores_fake, fake, (of_fake,))
        clipped(of_discriminator, softplus(scores_fake - scores).mean() + penalties)
        scores_real = discriminator(dequantized)
        latents, log_determinant = generator.inverse(dequantized)
        log_density = log_determinant - (latents.square().sum(1) + size * log(2 * pi)) / 2
        bits = (log(levels / 2) - log_density.mean() / size) / log(2)
        clipped(of_generator, softplus(scores_real - discriminator(generated)).mean() + weight * bits)
        follow()

    return step
