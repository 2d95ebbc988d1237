"""A plain version of StyleGAN2's networks with our weights, and of its training loop.

Weights are modulated for each sample and applied by a grouped convolution; filters run over inserted zeros; one
operation follows the other; Adam is PyTorch's default, the average is updated weight by weight.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu, linear, pad, softplus

from sparring.games import GAN
from sparring.training.optimizers import Adam
from sparring.training.plan import Training

TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8


def upfirdn(images: Tensor, up: int = 1, down: int = 1, around: Sequence[int] = (0, 0), gain: float = 1) -> Tensor:
    count, channels, height, width = images.shape
    spread = pad(images.view(count, channels, height, 1, width, 1), (0, up - 1, 0, 0, 0, up - 1))
    spread = pad(spread.view(count, channels, height * up, width * up), [*around, *around])
    kernel = (TAPS[:, None] * TAPS * gain).expand(channels, 1, 4, 4)
    return conv2d(spread, kernel, groups=channels)[:, :, ::down, ::down]


def dense(layer: Any, inputs: Tensor) -> Tensor:
    return linear(inputs, layer.weight * layer.scale, layer.bias * layer.rate)


def activate(values: Tensor) -> Tensor:
    return leaky_relu(values, 0.2) * sqrt(2)


def modulate(images: Tensor, weight: Tensor, styles: Tensor, demodulate: bool = True, grow: bool = False) -> Tensor:
    count, _, height, width = images.shape
    weights = weight[None] * styles[:, None, :, None, None]
    if demodulate:
        weights = weights * (weights.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    images = images.reshape(1, -1, height, width)
    if grow:
        grown = conv_transpose2d(images, weights.transpose(1, 2).flatten(0, 1), stride=2, groups=count)
        return upfirdn(grown.view(count, -1, *grown.shape[2:]), around=(1, 1), gain=4)
    convolved = conv2d(images, weights.flatten(0, 1), padding=weight.shape[-1] // 2, groups=count)
    return convolved.view(count, -1, height, width)


def map_latents(network: Any, latents: Tensor) -> Tensor:
    values = latents * (latents.square().mean(1, keepdim=True) + 1e-8).rsqrt()
    for layer in network.mapping.layers:
        values = activate(dense(layer, values))
    return values


def styled(layer: Any, grid: Tensor, latent: Tensor, noise: Tensor, grow: bool) -> Tensor:
    weight = layer.weight.transpose(0, 1) if grow else layer.weight
    grid = modulate(grid, weight, dense(layer.affine, latent), grow=grow)
    return activate(grid + noise * layer.noise.strength + layer.bias[:, None, None])


def synthesize(network: Any, ws: Tensor, noise: Sequence[Tensor]) -> Tensor:
    grid, style, image = network.constant.expand(len(ws), -1, -1, -1), 0, None
    for block in network.blocks:
        for layer in block.layers:
            grow = layer is block.layers[0] and len(block.layers) > 1
            grid, style = styled(layer, grid, ws[:, style], noise[style], grow), style + 1
        paint = block.to_image
        styles = dense(paint.affine, ws[:, style]) * paint.scale
        painted = modulate(grid, paint.weight[:, :, None, None], styles, demodulate=False) + paint.bias[:, None, None]
        image = painted if image is None else upfirdn(image, up=2, around=(2, 1), gain=4) + painted
    return image


def generate(network: Any, latents: Tensor) -> tuple[Tensor, Tensor]:
    """Returns images for training and their mixed styles."""
    own, others = (map_latents(network, side) for side in (latents, torch.randn_like(latents)))
    crossing = torch.randint(1, network.styles, ()) if torch.rand(()) < network.mixing else network.styles
    later = torch.arange(network.styles)[None, :, None] >= crossing
    ws = torch.where(later, others[:, None], own[:, None])
    network.mean_latent.value.lerp_(own.detach().mean(0), 0.002)
    return synthesize(network, ws, network.draw_noise(len(latents))), ws


def convolve(layer: Any, images: Tensor) -> Tensor:
    return conv2d(images, layer.weight * layer.scale, layer.bias, layer.stride, layer.padding)


def score(network: Any, images: Tensor) -> Tensor:
    grid = activate(convolve(network.blocks[0].from_image, images))
    for block in network.blocks:
        around = convolve(block.shortcut, upfirdn(grid, down=2, around=(1, 1)))
        inner = activate(convolve(block.first, grid))
        inner = activate(convolve(block.second, upfirdn(inner, around=(2, 2))))
        grid = (around + inner) * sqrt(0.5)
    grid = activate(convolve(network.convolve, network.minibatch(grid)))
    return dense(network.head, activate(dense(network.hidden, grid.flatten(1))))


def loop(game: GAN, training: Training, pixels: Tensor) -> Callable[[], None]:
    """Returns a step: R1 every 16, path lengths of half the batch every 4, the average."""
    generator, discriminator, batch = game.generator, game.discriminator, training.batch
    average = deepcopy(generator).requires_grad_(False)
    adams = {}
    for team in game.teams:
        spec = training.optimizers[team.name]
        assert isinstance(spec, Adam)
        adams[team.name] = torch.optim.Adam(team.parameters(), spec.learning_rate, spec.betas)
    gamma, size, mean, played = game.spec.penalties[0].weight, game.spec.prior.size, torch.zeros(()), 0

    def step() -> None:
        nonlocal played
        real = pixels[torch.randint(len(pixels), (batch,))].float() / 127.5 - 1
        with torch.no_grad():
            fake, _ = generate(generator, torch.randn(batch, size))
        real.requires_grad_(played % 16 == 0)
        scores = score(discriminator, real)
        loss = softplus(-scores).mean() + softplus(score(discriminator, fake)).mean()
        if played % 16 == 0:
            (gradient,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
            loss = loss + 16 * gamma / 2 * gradient.square().sum((1, 2, 3)).mean()
        descend("discriminator", loss)
        discriminator.requires_grad_(False)
        loss = softplus(-score(discriminator, generate(generator, torch.randn(batch, size))[0])).mean()
        if played % 4 == 0:
            loss = loss + 4 * 2 * path_length()
        descend("generator", loss)
        discriminator.requires_grad_(True)
        with torch.no_grad():
            for held, weight in zip(average.parameters(), generator.parameters(), strict=True):
                held.lerp_(weight, 0.002)
            for held, value in zip(average.buffers(), generator.buffers(), strict=True):
                held.copy_(value)
        played += 1

    def path_length() -> Tensor:
        images, ws = generate(generator, torch.randn(batch // 2, size))
        probe = torch.randn_like(images) / sqrt(images[0, 0].numel())
        (gradient,) = torch.autograd.grad((images * probe).sum(), ws, create_graph=True)
        lengths = gradient.square().sum(2).mean(1).sqrt()
        mean.lerp_(lengths.detach().mean(), 0.01)
        return (lengths - mean).square().mean()

    def descend(team: str, loss: Tensor) -> None:
        adams[team].zero_grad()
        loss.backward()
        adams[team].step()

    return step
