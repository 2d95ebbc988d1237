"""Augmentations of samples before the discriminator, and penalties on transformed samples."""

from sparring.adversary import Augmentation as Augmentation
from sparring.adversary import Augmentations as Augmentations
from sparring.augment.ada import ADA as ADA
from sparring.augment.ada import Pipeline as Pipeline
from sparring.augment.coarsening import Coarsen as Coarsen
from sparring.augment.compositing import Composite as Composite
from sparring.augment.consistency import BalancedConsistency as BalancedConsistency
from sparring.augment.consistency import Consistency as Consistency
from sparring.augment.diffaugment import DiffAugment as DiffAugment
from sparring.augment.movement import Flip as Flip
from sparring.augment.movement import Shift as Shift
from sparring.augment.noise import InstanceNoise as InstanceNoise
