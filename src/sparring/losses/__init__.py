"""How scores become losses."""

from sparring.adversary import AdversarialLoss as AdversarialLoss
from sparring.losses.adversarial import Hinge as Hinge
from sparring.losses.adversarial import LeastSquares as LeastSquares
from sparring.losses.adversarial import MaximumLikelihood as MaximumLikelihood
from sparring.losses.adversarial import Minimax as Minimax
from sparring.losses.adversarial import NonSaturating as NonSaturating
from sparring.losses.adversarial import SeparableLoss as SeparableLoss
from sparring.losses.adversarial import Wasserstein as Wasserstein
from sparring.losses.divergences import Alpha as Alpha
from sparring.losses.divergences import FDivergence as FDivergence
from sparring.losses.divergences import JensenShannon as JensenShannon
from sparring.losses.divergences import KullbackLeibler as KullbackLeibler
from sparring.losses.divergences import PearsonChiSquare as PearsonChiSquare
from sparring.losses.divergences import ReverseKullbackLeibler as ReverseKullbackLeibler
from sparring.losses.divergences import SquaredHellinger as SquaredHellinger
from sparring.losses.divergences import TotalVariation as TotalVariation
from sparring.losses.energy import EnergyMargin as EnergyMargin
from sparring.losses.labels import LabelFlipping as LabelFlipping
from sparring.losses.labels import LabelSmoothing as LabelSmoothing
from sparring.losses.multiclass import MultiClassHinge as MultiClassHinge
from sparring.losses.policy import clipped_surrogate as clipped_surrogate
from sparring.losses.policy import generalized_advantages as generalized_advantages
from sparring.losses.relativistic import Relativistic as Relativistic
from sparring.losses.relativistic import RelativisticAverage as RelativisticAverage
