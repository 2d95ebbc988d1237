"""How scores become losses."""

from sparring.losses.adversarial import AdversarialLoss as AdversarialLoss
from sparring.losses.adversarial import Hinge as Hinge
from sparring.losses.adversarial import LeastSquares as LeastSquares
from sparring.losses.adversarial import Minimax as Minimax
from sparring.losses.adversarial import NonSaturating as NonSaturating
from sparring.losses.adversarial import Wasserstein as Wasserstein
