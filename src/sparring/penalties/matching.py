"""A penalty on differences between mean features."""

from typing import ClassVar

from torch import Tensor

from sparring.adversary import Penalty, PenaltyInputs, to_float32


class FeatureMatching(Penalty):
    """‖E f(x) - E f(G(z))‖², f being the input of the discriminator's last layer (Salimans et al. 2016, sec. 3.1).

    In the paper the generator minimises this alone; here it is added to the adversarial loss.
    """

    stationary: ClassVar[bool] = True
    needs_double_backward: ClassVar[bool] = False
    players: ClassVar[frozenset[str]] = frozenset({"generator"})

    def value(self, inputs: PenaltyInputs) -> Tensor:
        real, fake = (to_float32(inputs.critic.features(side)).mean(0) for side in (inputs.real, inputs.fake))
        return (real - fake).square().sum()
