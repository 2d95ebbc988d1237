"""Plain loops of games with an encoder."""

import torch
from torch.nn.functional import mse_loss, one_hot, softplus

from plain.setting import Setting, Step, descend, discriminator_loss, entropy, penalize
from sparring.games import AAE, VAEGAN, BiGAN, SemiSupervisedAAE


def bigan(setting: Setting, game: BiGAN) -> Step:
    """Donahue et al. 2017, with the inverse objective for generator and encoder."""
    generator, encoder, discriminator, size = game.generator, game.encoder, game.discriminator, game.spec.prior.size
    (of_discriminator, of_generator), follow = setting.optimizers(), setting.follow()

    def step() -> None:
        real, _ = setting.draw()
        latents = torch.randn(setting.batch, size)
        encoded, decoded = discriminator.join(real, encoder(real)), discriminator.join(generator(latents), latents)
        pairs = encoded.detach().requires_grad_()
        scores = discriminator(pairs)
        loss = discriminator_loss(scores, discriminator(decoded.detach()))
        descend(of_discriminator, loss + penalize(scores, pairs, game.spec.penalties))
        descend(of_generator, discriminator_loss(discriminator(decoded), discriminator(encoded)))
        follow()

    return step


def vaegan(setting: Setting, game: VAEGAN) -> Step:
    """Larsen et al. 2016, algorithm 1, with as many real samples as reconstructions and samples together."""
    encoder, decoder, discriminator, size = game.encoder, game.decoder, game.discriminator, game.spec.size
    (of_encoder, of_decoder, of_discriminator), follow = setting.optimizers(), setting.follow()
    half, weight, penalties = setting.batch // 2, game.spec.similarity_weight, game.spec.penalties

    def step() -> None:
        real, _ = setting.draw()
        real.requires_grad_()
        mean, log_variance = encoder(real.detach()).chunk(2, 1)
        latents = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        prior = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2
        reconstructed, sampled = decoder(latents), decoder(torch.randn(half, size))
        features_real, features = discriminator.features(real), discriminator.features(reconstructed)
        scores = discriminator.head(features_real)
        scores_fake = torch.cat((discriminator.head(features[half:]), discriminator(sampled)))
        similarity = (features - features_real.detach()).square().sum(1).mean() / 2
        encoder_loss = prior + similarity
        decoder_loss = weight * similarity + softplus(-scores_fake).mean()
        last = discriminator_loss(scores, scores_fake) + penalize(scores, real, penalties)
        for optimizer, loss in ((of_encoder, encoder_loss), (of_decoder, decoder_loss), (of_discriminator, last)):
            weights = optimizer.param_groups[0]["params"]
            gradients = torch.autograd.grad(loss, weights, retain_graph=loss is not last, allow_unused=True)
            for parameter, gradient in zip(weights, gradients, strict=True):
                parameter.grad = gradient
        for optimizer in (of_encoder, of_decoder, of_discriminator):
            optimizer.step()
        follow()

    return step


def aae(setting: Setting, game: AAE) -> Step:
    """Makhzani et al. 2016: regularization and reconstruction, added up in one step."""
    encoder, decoder, discriminator, size = game.encoder, game.decoder, game.discriminator, game.spec.prior.size
    (of_discriminator, of_autoencoder), follow = setting.optimizers(), setting.follow()

    def step() -> None:
        real, _ = setting.draw()
        codes, latents = encoder(real), torch.randn(setting.batch, size).requires_grad_()
        scores, penalties = discriminator(latents), game.spec.penalties
        loss = discriminator_loss(scores, discriminator(codes.detach())) + penalize(scores, latents, penalties)
        descend(of_discriminator, loss)
        error = game.spec.reconstruction_weight * mse_loss(decoder(codes), real)
        descend(of_autoencoder, error + softplus(-discriminator(codes)).mean())
        follow()

    return step


def semi_supervised_aae(setting: Setting, game: SemiSupervisedAAE) -> Step:
    """Makhzani et al. 2016, sec. 5: a discriminator of styles and one of classes."""
    encoder, decoder, style, sort, penalties = game.encoder, game.decoder, game.style, game.sort, game.spec.penalties
    size, classes, batch = game.spec.prior.size, game.classes, setting.batch
    (of_discriminators, of_autoencoder), follow = setting.optimizers(), setting.follow()

    def step() -> None:
        real, known = setting.draw()
        codes = encoder(real)
        styles, logits = codes[:, :size], codes[:, size:]
        sorts = logits.softmax(1)
        real_styles = torch.randn(batch, size).requires_grad_()
        real_sorts = one_hot(torch.randint(classes, (batch,)), classes).float().requires_grad_()
        of_styles, of_sorts = style(real_styles), sort(real_sorts)
        loss = discriminator_loss(of_styles, style(styles.detach())) + penalize(of_styles, real_styles, penalties)
        loss += discriminator_loss(of_sorts, sort(sorts.detach())) + penalize(of_sorts, real_sorts, penalties)
        descend(of_discriminators, loss)
        error = game.spec.reconstruction_weight * mse_loss(decoder(torch.cat((styles, sorts), 1)), real)
        passing = softplus(-style(styles)).mean() + softplus(-sort(sorts)).mean()
        descend(of_autoencoder, error + passing + entropy(logits, known))
        follow()

    return step
