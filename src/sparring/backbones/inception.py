"""The Inception network of the inception score and of the original FID."""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from sparring.backbones.backbone import FeatureNetwork, Features
from sparring.backbones.registry import register_backbone
from sparring.backbones.weights import PublishedWeights, load_backbone

WEIGHTS = PublishedWeights(
    "pt_inception-2015-12-05-6726825d.pth",
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
)
"""TensorFlow's inception-2015-12-05, converted by the author of pytorch-fid."""

TITLES = (
    ("FD", "FID"),
    ("FDInfinity", "FID∞"),
    ("ClassFD", "intra-FID"),
    ("MiFD", "MiFID"),
    ("SIFD", "SIFID"),
    ("KID", "KID"),
    ("IS", "IS"),
)
"""Traditional names of the scores that were first defined on this network."""

_Kernel = int | tuple[int, int]
_Branch = tuple[str, str, int, _Kernel]
"""A convolution of a block: its name, its input's name, its channels and its kernel."""

_INPUT, _POOLED = "input", "pooled"


def _block_5(pooled: int) -> tuple[_Branch, ...]:
    """Figure 5 of Szegedy et al. 2016, with one of its factorized branches unfactorized."""
    return (
        ("branch1x1", _INPUT, 64, 1),
        ("branch5x5_1", _INPUT, 48, 1),
        ("branch5x5_2", "branch5x5_1", 64, 5),
        ("branch3x3dbl_1", _INPUT, 64, 1),
        ("branch3x3dbl_2", "branch3x3dbl_1", 96, 3),
        ("branch3x3dbl_3", "branch3x3dbl_2", 96, 3),
        ("branch_pool", _POOLED, pooled, 1),
    )


def _block_6(narrow: int) -> tuple[_Branch, ...]:
    """Figure 6: filters of 7x7 as rows of 7, then columns of 7."""
    return (
        ("branch1x1", _INPUT, 192, 1),
        ("branch7x7_1", _INPUT, narrow, 1),
        ("branch7x7_2", "branch7x7_1", narrow, (1, 7)),
        ("branch7x7_3", "branch7x7_2", 192, (7, 1)),
        ("branch7x7dbl_1", _INPUT, narrow, 1),
        ("branch7x7dbl_2", "branch7x7dbl_1", narrow, (7, 1)),
        ("branch7x7dbl_3", "branch7x7dbl_2", narrow, (1, 7)),
        ("branch7x7dbl_4", "branch7x7dbl_3", narrow, (7, 1)),
        ("branch7x7dbl_5", "branch7x7dbl_4", 192, (1, 7)),
        ("branch_pool", _POOLED, 192, 1),
    )


_BLOCK_7: tuple[_Branch, ...] = (
    ("branch1x1", _INPUT, 320, 1),
    ("branch3x3_1", _INPUT, 384, 1),
    ("branch3x3_2a", "branch3x3_1", 384, (1, 3)),
    ("branch3x3_2b", "branch3x3_1", 384, (3, 1)),
    ("branch3x3dbl_1", _INPUT, 448, 1),
    ("branch3x3dbl_2", "branch3x3dbl_1", 384, 3),
    ("branch3x3dbl_3a", "branch3x3dbl_2", 384, (1, 3)),
    ("branch3x3dbl_3b", "branch3x3dbl_2", 384, (3, 1)),
    ("branch_pool", _POOLED, 192, 1),
)
"""Figure 7: parallel filters for small resolutions."""

_HALVING_6: tuple[_Branch, ...] = (
    ("branch3x3", _INPUT, 384, 3),
    ("branch3x3dbl_1", _INPUT, 64, 1),
    ("branch3x3dbl_2", "branch3x3dbl_1", 96, 3),
    ("branch3x3dbl_3", "branch3x3dbl_2", 96, 3),
)
_HALVING_7: tuple[_Branch, ...] = (
    ("branch3x3_1", _INPUT, 192, 1),
    ("branch3x3_2", "branch3x3_1", 320, 3),
    ("branch7x7x3_1", _INPUT, 192, 1),
    ("branch7x7x3_2", "branch7x7x3_1", 192, (1, 7)),
    ("branch7x7x3_3", "branch7x7x3_2", 192, (7, 1)),
    ("branch7x7x3_4", "branch7x7x3_3", 192, 3),
)
"""Figure 10: the last convolution of each branch and the pooling have stride 2."""


class _Unit(nn.Module):
    """A convolution without bias, batch norm and ReLU."""

    def __init__(self, before: int, after: int, kernel: _Kernel, stride: int = 1, padded: bool = True) -> None:
        super().__init__()
        rows, columns = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (rows // 2, columns // 2) if padded else (0, 0)
        self.conv = nn.Conv2d(before, after, (rows, columns), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(after, eps=1e-3)

    def forward(self, images: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(images)), inplace=True)


class _Average(nn.Module):
    """3x3 average pooling that leaves padding out of the average."""

    def forward(self, images: Tensor) -> Tensor:
        return functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False)


class _Block(nn.Module):
    """Parallel branches of convolutions; the outputs that are no branch's input are concatenated.

    A `halving` block halves the resolution: the last layer of a branch has stride 2 and no padding.
    """

    def __init__(self, before: int, branches: tuple[_Branch, ...], pooling: nn.Module, halving: bool = False) -> None:
        super().__init__()
        sources = {source for _, source, _, _ in branches}
        channels = {_INPUT: before, _POOLED: before}
        for name, source, after, kernel in branches:
            is_last = halving and name not in sources
            unit = _Unit(channels[source], after, kernel, 2 if is_last else 1, padded=not is_last)
            self.add_module(name, unit)
            channels[name] = after
        self.sources = {name: source for name, source, _, _ in branches}
        self.pooling = pooling
        self.last = tuple(name for name in (*self.sources, _POOLED) if name not in sources)
        self.width = sum(channels[name] for name in self.last)

    def forward(self, images: Tensor) -> Tensor:
        outputs = {_INPUT: images, _POOLED: self.pooling(images)}
        for name, source in self.sources.items():
            outputs[name] = self.get_submodule(name)(outputs[source])
        return torch.cat([outputs[name] for name in self.last], 1)


class Inception(FeatureNetwork):
    """Inception-v3 as TensorFlow published it on 2015-12-05, on which the inception score and FID are defined.

    Features [B, 2048] are the last block's spatial average ("pool_3"). Logits [B, 1008], for the inception score, are
    the features times the weights of the last layer, *without* its bias (Salimans et al. 2016 read them from the
    graph's "softmax/logits/MatMul"). Images are 299x299, normalized to (x - 128) / 128 as in the graph; pytorch-fid
    has x / 127.5 - 1, which differs by at most 1/128.

    The architecture is Szegedy et al. 2016 with two quirks of that graph: 3x3 averages leave padding out, and the
    last block has max pooling. Tensor names are those of the file pt_inception-2015-12-05, which are torchvision's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _Unit(3, 32, 3, stride=2, padded=False)
        self.Conv2d_2a_3x3 = _Unit(32, 32, 3, padded=False)
        self.Conv2d_2b_3x3 = _Unit(32, 64, 3)
        self.maxpool1 = nn.MaxPool2d(3, 2)
        self.Conv2d_3b_1x1 = _Unit(64, 80, 1)
        self.Conv2d_4a_3x3 = _Unit(80, 192, 3, padded=False)
        self.maxpool2 = nn.MaxPool2d(3, 2)
        self.Mixed_5b = _Block(192, _block_5(32), _Average())
        self.Mixed_5c = _Block(256, _block_5(64), _Average())
        self.Mixed_5d = _Block(288, _block_5(64), _Average())
        self.Mixed_6a = _Block(288, _HALVING_6, nn.MaxPool2d(3, 2), halving=True)
        self.Mixed_6b = _Block(768, _block_6(128), _Average())
        self.Mixed_6c = _Block(768, _block_6(160), _Average())
        self.Mixed_6d = _Block(768, _block_6(160), _Average())
        self.Mixed_6e = _Block(768, _block_6(192), _Average())
        self.Mixed_7a = _Block(768, _HALVING_7, nn.MaxPool2d(3, 2), halving=True)
        self.Mixed_7b = _Block(1280, _BLOCK_7, _Average())
        self.Mixed_7c = _Block(2048, _BLOCK_7, nn.MaxPool2d(3, 1, 1))
        self.fc = nn.Linear(2048, 1008)

    def forward(self, images: Tensor) -> Features:
        """Returns features [B, 2048] and logits [B, 1008] of `images` [B, 3, 299, 299], 0 to 255."""
        maps = (images - 128) / 128
        for layer in list(self.children())[:-1]:
            maps = layer(maps)
        features = maps.mean((2, 3))
        return Features(features, functional.linear(features, self.fc.weight))

    def maps(self, images: Tensor) -> Tensor:
        """Returns the maps [B, 64, h, w] before the first pooling, h = ⌊(H - 3) / 2⌋ - 1, of `images` [B, 3, H, W].

        SinGAN's code uses these for SIFID (with other weights); its paper says "just before the
        second pooling layer" (Shaham et al. 2019, section 3.1), which would be 192 channels.
        """
        maps: Tensor = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3((images - 128) / 128)))
        return maps


register_backbone("inception", partial(load_backbone, "inception", Inception, WEIGHTS, 299, titles=TITLES))
