"""DINOv2 and CLIP: vision transformers whose features agree with human ratings better than Inception's."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from sparring.backbones.backbone import Backbone, FeatureNetwork, Features
from sparring.backbones.normalization import CLIP, IMAGENET, ChannelNormalization
from sparring.backbones.registry import register_backbone
from sparring.backbones.weights import digest_of
from sparring.errors import MetricError, MissingExtraError, WeightsError


class Transformer(FeatureNetwork):
    """A vision transformer of the package transformers; `pick` returns the features [B, d] in its output.

    It has no logits and no early local feature maps.
    """

    def __init__(self, network: nn.Module, normalization: nn.Module, pick: Callable[[Any], Tensor]) -> None:
        super().__init__()
        self.network, self.normalization, self._pick = network, normalization, pick

    def forward(self, images: Tensor) -> Features:
        """Returns features [B, d] and no logits [B, 0] of `images` [B, 3, S, S], 0 to 255."""
        features = self._pick(self.network(pixel_values=self.normalization(images)))
        return Features(features, features.new_zeros(len(features), 0))

    def maps(self, images: Tensor) -> Tensor:
        """Raises MetricError: there are none."""
        raise MetricError("a transformer has no early feature maps; choose a convolutional backbone, such as inception")


def dinov2(weights: Path | None) -> Transformer:
    """Returns DINOv2 ViT-L/14 (Oquab et al. 2024): features [B, 1024], the class token after the last norm.

    Stein et al. 2023 found that it agrees best with human ratings. `weights` is a folder with a config.json and a
    model.safetensors of a DINOv2 of any size; None loads facebook/dinov2-large from the Hugging Face hub.

    Raises:
        MissingExtraError: the package transformers is not installed.
        WeightsError: there is no such folder, or it cannot be downloaded.
    """
    kind = _package().Dinov2Model
    network = _pretrained(kind, "facebook/dinov2-large", weights)
    return Transformer(network, ChannelNormalization(IMAGENET), lambda output: output.pooler_output)


def clip(weights: Path | None) -> Transformer:
    """Returns CLIP ViT-B/32 (Radford et al. 2021): features [B, 512], the image's embedding in the space of texts.

    Kynkäänniemi et al. 2023 compare FID with distances in it. `weights` is as in `dinov2`; None loads
    openai/clip-vit-base-patch32. It raises as `dinov2` does.
    """
    kind = _package().CLIPVisionModelWithProjection
    network = _pretrained(kind, "openai/clip-vit-base-patch32", weights)
    return Transformer(network, ChannelNormalization(CLIP), lambda output: output.image_embeds)


def _package() -> Any:
    try:
        import transformers
    except ImportError:
        raise MissingExtraError(
            'DINOv2 and CLIP need the package transformers: pip install "sparring[transformers]"'
        ) from None
    return transformers


def _pretrained(kind: Any, name: str, weights: Path | None) -> nn.Module:
    if weights is not None and not weights.is_dir():
        raise WeightsError(f"weights {weights}: there is no such folder; needs one with config.json and weights")
    try:
        network: nn.Module = kind.from_pretrained(name if weights is None else weights)
    except (OSError, ValueError) as error:
        reason = str(error).split("\n")[0]
        remedy = "give a folder with its config.json and model.safetensors as weights"
        raise WeightsError(f"weights {weights or name}: cannot be loaded ({reason}); {remedy}") from None
    return network.float().eval().requires_grad_(False)


def _load(name: str, build: Callable[[Path | None], Transformer], weights: Path | None) -> Backbone:
    network = build(weights)
    return Backbone(name, network, 224, digest_of(network))


register_backbone("dinov2", partial(_load, "dinov2", dinov2))
register_backbone("clip", partial(_load, "clip", clip))
