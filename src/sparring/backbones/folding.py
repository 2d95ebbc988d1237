"""Folds batch norms into the convolutions before them: the same function in less time."""

from itertools import pairwise

from torch import nn
from torch.nn.utils import fuse_conv_bn_eval


def fold_batch_norms(network: nn.Module) -> None:
    """Folds each batch norm registered right after a convolution into that convolution's weights.

    In evaluation mode a batch norm is a constant affine map: γ (Wx - μ) / √(σ² + ε) + β equals W'x + b'
    with W' = γ W / √(σ² + ε) and b' = β - γ μ / √(σ² + ε). Outputs are equal up to rounding. Changes `network` in
    place; it must be in evaluation mode.
    """
    for owner in list(network.modules()):
        for (name, convolution), (norm_name, norm) in pairwise(list(owner.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                owner.register_module(name, fuse_conv_bn_eval(convolution, norm))
                owner.register_module(norm_name, nn.Identity())
