"""CycleGAN on emoji: do translations of held-out emoji look like the other style, and are they still the same emoji?

    python benchmarks/cyclegan.py runs/cyclegan      # about twenty minutes on two cores; resumes where it stopped

Trains `cyclegan-emoji` on nine tenths of the emoji of both styles, unpaired, and prints the table of
docs/games/cyclegan.md for the others, unseen in either style. A convolutional network trained on the same nine tenths
of real emoji classifies the style. Each translation is matched with 100 real emoji of the other style, its own
counterpart and 99 others, by pixels and by features of a pretrained network: chance is 1 %.
"""

import sys
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

import sparring
from sparring.augment import Flip, Shift
from sparring.backbones import Backbone, extract_features, find_backbone
from sparring.data import Emoji, Unpaired, picture, to_pixels
from sparring.data.catalog.emoji import Style
from sparring.errors import SparringError
from sparring.game.panels import SampleGrid

STYLES: tuple[Style, Style] = ("google", "twitter")
COUNT, EPOCHS, BATCH, RATE = 100, 12, 32, 3e-3
COLUMNS = 12


def load(style: Style, like: Unpaired, split: str) -> Tensor:
    """Returns the emoji of a style, prepared like the training data, always in the same order."""
    data = Emoji.read({**like.a.model_dump(mode="json"), "style": style, "split": split}).load()
    images, _ = data.batch(np.arange(len(data)), torch.Generator())
    return images


def build_critic(channels: int, width: int = 24) -> nn.Sequential:
    """Returns a convolutional network from images to a score."""
    layers: list[nn.Module] = []
    for level, (before, after) in enumerate(pairwise([channels, *(width * times for times in (1, 1, 2, 2, 4, 4))])):
        layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if level in (1, 3) else []
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(4 * width, 1))


def train_critic(real: tuple[Tensor, Tensor]) -> nn.Module:
    """Returns a network whose score is above zero for images of the second style."""
    torch.manual_seed(0)
    random = torch.Generator().manual_seed(0)
    images, styles = torch.cat(real), torch.arange(2.0).repeat_interleave(torch.tensor([len(each) for each in real]))
    critic = build_critic(images.shape[1]).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(critic.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * ceil(len(images) / BATCH))
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(images)).split(BATCH):
            augmented = Shift(pixels=2)(Flip()(images[chosen], random, 0), random, 0)
            optimizer.zero_grad()
            binary_cross_entropy_with_logits(critic(augmented)[:, 0], styles[chosen]).backward()
            optimizer.step()
            schedule.step()
    return critic.eval().requires_grad_(False)


def match(translated: Tensor, real: Tensor) -> float:
    """Returns the share of rows of `translated` [N, D] nearest to their own of `real` [N, D], among `COUNT` of them.

    The others are sampled for each row, with a fixed seed.
    """
    distances = torch.cdist(translated.flatten(1).double(), real.flatten(1).double())
    own = distances.diagonal().clone()
    distances.fill_diagonal_(torch.inf)
    random = torch.Generator().manual_seed(0)
    order = torch.rand(distances.shape, generator=random).fill_diagonal_(torch.inf).argsort(1)  # its own comes last
    return float((own < distances.gather(1, order[:, : COUNT - 1]).amin(1)).double().mean())


def embed(images: Tensor, backbone: Backbone) -> Tensor:
    """Returns the backbone's normalized features of images in [-1, 1]."""
    features = torch.cat(
        [batch.features for batch in extract_features(backbone, [torch.from_numpy(to_pixels(images))])]
    )
    return features / features.norm(dim=1, keepdim=True)


def row(name: str, images: Tensor, real: Tensor, passed: Tensor, backbone: Backbone | None) -> str:
    """Returns a line of the table."""
    by_features = f"{match(embed(images, backbone), embed(real, backbone)):.0%}" if backbone else "-"
    return f"| {name} | {passed.double().mean():.0%} | {match(images, real):.0%} | {by_features} |"


def main(folder: Path) -> None:
    """Trains the model and prints the table."""
    model = sparring.train("cyclegan-emoji", folder)
    data = model.recipe.data
    assert isinstance(data, Unpaired)
    critic = train_critic((load(STYLES[0], data, "train"), load(STYLES[1], data, "train")))
    held_out = {style: load(style, data, "test") for style in STYLES}
    right = [(critic(images)[:, 0] > 0) == bool(index) for index, images in enumerate(held_out.values())]
    print(f"\nThe style of {torch.cat(right).double().mean():.1%} of all held-out real emoji is classified right.\n")
    a, b = held_out.values()
    in_b, in_a = model.translate(a, "a-to-b"), model.translate(b, "b-to-a")
    try:
        backbone = find_backbone("lite0")
    except SparringError as error:
        print(f"Without features: {error}\n")
        backbone = None
    print(f"| {len(a)} held-out emoji | classified as the other style | matched by pixels | by features |")
    print("|---|---|---|---|")
    print(row("Google's as they are", a, b, critic(a)[:, 0] > 0, backbone))
    print(row("Google's to Twitter's", in_b, b, critic(in_b)[:, 0] > 0, backbone))
    print(row("Twitter's as they are", b, a, critic(b)[:, 0] <= 0, backbone))
    print(row("Twitter's to Google's", in_a, a, critic(in_a)[:, 0] <= 0, backbone))
    rows = SampleGrid.layer([images[::8] for images in (a, in_b, b, in_a)], COLUMNS)
    picture(rows.samples, rows.columns).save(folder / "cyclegan.png")
    print(f"\nGoogle's, translated, Twitter's, translated: {folder / 'cyclegan.png'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/cyclegan"))
