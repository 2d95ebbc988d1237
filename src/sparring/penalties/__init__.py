"""Gradient penalties and weight projections."""

from sparring.penalties.clipping import WeightClipping as WeightClipping
from sparring.penalties.gradient import R1 as R1
from sparring.penalties.gradient import R2 as R2
from sparring.penalties.lipschitz import DRAGAN as DRAGAN
from sparring.penalties.lipschitz import GradientPenalty as GradientPenalty
from sparring.penalties.lipschitz import LipschitzPenalty as LipschitzPenalty
from sparring.penalties.lipschitz import ZeroCenteredPenalty as ZeroCenteredPenalty
from sparring.scoring import Penalties as Penalties
