"""ResNetTranslator: images to images through residual blocks at a quarter of their size (Zhu et al. 2017)."""

from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.functional import pad

from sparring.errors import ShapeError
from sparring.layers.conditioning import concatenation
from sparring.layers.normalization import InstanceNorm, Normalization
from sparring.network import Condition, Network, Shape
from sparring.networks.dcgan import initialize

MULTIPLE = 4
"""What the sides of an image are a multiple of inside the network."""

SMALLEST = 5
"""The shortest side that can be mirrored to 8 pixels, of which the residual blocks see 2."""


class ResNetTranslator(Network):
    """The generator of CycleGAN (Zhu et al. 2017, appendix 7.2, after Johnson et al. 2016).

    c7s1-64, d128, d256, residual blocks R256, u128, u64, c7s1-3; each with instance normalization and ReLU but for
    the last, which has tanh. Convolutions pad by reflection. It is convolutional all through, so that it takes
    images [N, C, H, W] of any size from 5x5 on, whichever it was built for; sides that are no multiple of 4 are
    mirrored at their end up to one, and the result is cropped. Told a class, it takes only the size it was built for.
    """

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
        self.told = concatenation(condition, inputs)
        width, normalization = spec.width, spec.normalization
        bias = not normalization.cancels_bias
        self.layers = nn.Sequential(
            _mirrored(inputs[0] + self.told.added, width, 7, bias=bias),
            *_finish(normalization, width),
            _mirrored(width, 2 * width, 3, stride=2, bias=bias),
            *_finish(normalization, 2 * width),
            _mirrored(2 * width, 4 * width, 3, stride=2, bias=bias),
            *_finish(normalization, 4 * width),
            *(Residual(4 * width, normalization) for _ in range(spec.blocks)),
            nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, padding=1, output_padding=1, bias=bias),
            *_finish(normalization, 2 * width),
            nn.ConvTranspose2d(2 * width, width, 3, 2, padding=1, output_padding=1, bias=bias),
            *_finish(normalization, width),
            _mirrored(width, outputs[0], 7),
            nn.Tanh(),
        )
        initialize(self)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns images [N, C', H, W] in (-1, 1) for images [N, C, H, W]."""
        self._check(tuple(inputs.shape[2:]))
        height, width = inputs.shape[2:]
        beyond = 0, _lacking(width), 0, _lacking(height)
        grid = self.told(inputs, condition)
        images: Tensor = self.layers(pad(grid, beyond, mode="reflect") if any(beyond) else grid)
        return images[..., :height, :width]

    def _check(self, size: Shape) -> None:
        if min(size) < SMALLEST:
            raise ShapeError(
                f"ResNetTranslator needs images of at least {SMALLEST}x{SMALLEST} pixels; got {size}; enlarge them"
            )
        if self.told.added and size != self.size:
            raise ShapeError(
                f"a ResNetTranslator that is told classes takes images of the size it was built for, {self.size}; "
                f"got {size}; resize them"
            )


class Residual(nn.Module):
    """x + f(x), f being two 3x3 convolutions with normalization and a ReLU between (Johnson et al. 2016)."""

    def __init__(self, channels: int, normalization: Normalization) -> None:
        super().__init__()
        bias = not normalization.cancels_bias
        self.change = nn.Sequential(
            _mirrored(channels, channels, 3, bias=bias),
            *_finish(normalization, channels),
            _mirrored(channels, channels, 3, bias=bias),
            normalization.layer(channels),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Returns [N, C, H, W] for `inputs` of that shape."""
        return inputs + self.change(inputs)  # type: ignore[no-any-return]


def _mirrored(channels: int, outputs: int, kernel: int, stride: int = 1, bias: bool = True) -> nn.Conv2d:
    """Returns a convolution that keeps an image's size, divided by the stride, by reflection at its edges."""
    return nn.Conv2d(channels, outputs, kernel, stride, padding=kernel // 2, padding_mode="reflect", bias=bias)


def _finish(normalization: Normalization, channels: int) -> tuple[nn.Module, nn.Module]:
    return normalization.layer(channels), nn.ReLU()


def _lacking(side: int) -> int:
    """Returns how many pixels `side` lacks to a multiple of 4, and to the 8 that the residual blocks need."""
    return max(-side % MULTIPLE, 2 * MULTIPLE - side)
