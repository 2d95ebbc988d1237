"""A penalty on the statistics of what the discriminator sees."""

from typing import ClassVar

from torch import Tensor

from sparring.adversary import Penalty, PenaltyInputs, to_float32


class FeatureMatching(Penalty):
    """‖E f(x) - E f(G(z))‖², f being what the discriminator's last layer looks at (Salimans et al. 2016, sec. 3.1).

    The paper has the generator minimise this alone; here it stands beside the adversarial loss.
    """

    stationary: ClassVar[bool] = True
    needs_double_backward: ClassVar[bool] = False
    players: ClassVar[frozenset[str]] = frozenset({"generator"})

    def value(self, inputs: PenaltyInputs) -> Tensor:
        real, fake = (to_float32(inputs.critic.features(given)).mean(0) for given in (inputs.real, inputs.fake))
        return (real - fake).square().sum()
