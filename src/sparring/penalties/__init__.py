"""Penalties, except those on transformed samples (see `augment`), and weight projections."""

from sparring.adversary import Penalties as Penalties
from sparring.penalties.clipping import WeightClipping as WeightClipping
from sparring.penalties.drift import Drift as Drift
from sparring.penalties.gradient import R1 as R1
from sparring.penalties.gradient import R2 as R2
from sparring.penalties.latent import LatentConsistency as LatentConsistency
from sparring.penalties.latent import LatentDiversity as LatentDiversity
from sparring.penalties.lecam import LeCam as LeCam
from sparring.penalties.lipschitz import DRAGAN as DRAGAN
from sparring.penalties.lipschitz import GradientPenalty as GradientPenalty
from sparring.penalties.lipschitz import LipschitzPenalty as LipschitzPenalty
from sparring.penalties.lipschitz import ZeroCenteredPenalty as ZeroCenteredPenalty
from sparring.penalties.matching import FeatureMatching as FeatureMatching
from sparring.penalties.orthogonal import OrthogonalRegularization as OrthogonalRegularization
from sparring.penalties.path_length import PathLength as PathLength
