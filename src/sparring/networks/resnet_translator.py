"""ResNetTranslator: images to images through residual blocks at a quarter of their size (Zhu et al. 2017)."""

from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.functional import pad

from sparring.errors import ShapeError
from sparring.layers.conditioning import concatenation
from sparring.layers.normalization import InstanceNorm, Normalization
from sparring.network import Condition, Network, Shape
from sparring.networks.dcgan import initialize

SMALLEST = 5
"""The shortest side that reflection can pad to 8 pixels, which are 2 in the residual blocks."""


class ResNetTranslator(Network):
    """The generator of CycleGAN (Zhu et al. 2017, appendix 7.2, after Johnson et al. 2016).

    c7s1-64, d128, d256, residual blocks R256, u128, u64, c7s1-3; each with instance normalization and ReLU except
    the last, which has tanh. Convolutions pad by reflection. It is fully convolutional and takes images [N, C, H, W]
    of any size from 5x5 up, whatever size it was built for; sides that are not a multiple of 4 are reflect-padded at
    their end, and the result is cropped. A class-conditional network takes only the size it was built for.
    """

    side_multiple = 4

    class Spec(Network.Spec):
        """`width` counts the channels of the largest grid; 6 `blocks` are published for 128x128, 9 from 256x256 on."""

        width: PositiveInt = 64
        blocks: PositiveInt = 9
        normalization: Normalization = InstanceNorm()

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(inputs) != 3 or len(outputs) != 3 or inputs[1:] != outputs[1:]:
            raise ShapeError(
                "ResNetTranslator maps images (C, H, W) to images of the same height and width; "
                f"asked for {inputs} to {outputs}"
            )
        if min(inputs[1:]) < SMALLEST:
            raise ShapeError(
                f"ResNetTranslator needs images of at least {SMALLEST}x{SMALLEST} pixels; "
                f"asked for {inputs} to {outputs}; enlarge them"
            )
        self.size = inputs[1:]
        self.conditioner = concatenation(condition, inputs)
        width, normalization = spec.width, spec.normalization
        bias = not normalization.cancels_bias
        self.layers = nn.Sequential(
            _reflect_conv(inputs[0] + self.conditioner.added, width, 7, bias=bias),
            *_finish(normalization, width),
            _reflect_conv(width, 2 * width, 3, stride=2, bias=bias),
            *_finish(normalization, 2 * width),
            _reflect_conv(2 * width, 4 * width, 3, stride=2, bias=bias),
            *_finish(normalization, 4 * width),
            *(Residual(4 * width, normalization) for _ in range(spec.blocks)),
            nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, padding=1, output_padding=1, bias=bias),
            *_finish(normalization, 2 * width),
            nn.ConvTranspose2d(2 * width, width, 3, 2, padding=1, output_padding=1, bias=bias),
            *_finish(normalization, width),
            _reflect_conv(width, outputs[0], 7),
            nn.Tanh(),
        )
        initialize(self)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns images [N, C', H, W] in (-1, 1) for images [N, C, H, W]."""
        self._check(tuple(inputs.shape[2:]))
        height, width = inputs.shape[2:]
        padding = 0, _missing(width), 0, _missing(height)
        grid = self.conditioner(inputs, condition)
        images: Tensor = self.layers(pad(grid, padding, mode="reflect") if any(padding) else grid)
        return images[..., :height, :width]

    def _check(self, size: Shape) -> None:
        if min(size) < SMALLEST:
            raise ShapeError(
                f"ResNetTranslator needs images of at least {SMALLEST}x{SMALLEST} pixels; got {size}; enlarge them"
            )
        if self.conditioner.added and size != self.size:
            raise ShapeError(
                f"a class-conditional ResNetTranslator takes images of the size it was built for, {self.size}; "
                f"got {size}; resize them"
            )


class Residual(nn.Module):
    """x + f(x), f being two 3x3 convolutions with normalization and a ReLU between (Johnson et al. 2016)."""

    def __init__(self, channels: int, normalization: Normalization) -> None:
        super().__init__()
        bias = not normalization.cancels_bias
        self.change = nn.Sequential(
            _reflect_conv(channels, channels, 3, bias=bias),
            *_finish(normalization, channels),
            _reflect_conv(channels, channels, 3, bias=bias),
            normalization.layer(channels),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Returns [N, C, H, W] for `inputs` of that shape."""
        return inputs + self.change(inputs)  # type: ignore[no-any-return]


def _reflect_conv(channels: int, outputs: int, kernel: int, stride: int = 1, bias: bool = True) -> nn.Conv2d:
    """Returns a convolution with reflection padding, whose output has the image's size divided by the stride."""
    return nn.Conv2d(channels, outputs, kernel, stride, padding=kernel // 2, padding_mode="reflect", bias=bias)


def _finish(normalization: Normalization, channels: int) -> tuple[nn.Module, nn.Module]:
    return normalization.layer(channels), nn.ReLU()


def _missing(side: int) -> int:
    """Returns the number of pixels that pad `side` to a multiple of 4, and to at least 8."""
    return max(-side % 4, 8 - side)
