"""The interface of networks."""

from sparring.layers.condition import UNLABELLED as UNLABELLED
from sparring.layers.condition import Condition as Condition
from sparring.layers.condition import ConditionLike as ConditionLike
from sparring.layers.grids import Shape as Shape
from sparring.network.network import Network as Network
from sparring.network.network import couples_samples as couples_samples
from sparring.network.network import group_size as group_size
from sparring.network.network import input_gradient as input_gradient
