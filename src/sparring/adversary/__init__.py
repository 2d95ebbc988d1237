"""A discriminator with the rules it is trained by."""

from sparring.adversary.adversary import AdversarialSpec as AdversarialSpec
from sparring.adversary.adversary import Adversaries as Adversaries
from sparring.adversary.adversary import Adversary as Adversary
from sparring.adversary.augmentation import Augmentation as Augmentation
from sparring.adversary.augmentation import Augmentations as Augmentations
from sparring.adversary.augmentation import Augmenter as Augmenter
from sparring.adversary.critic import Critic as Critic
from sparring.adversary.critic import DiscriminatorCritic as DiscriminatorCritic
from sparring.adversary.critic import Side as Side
from sparring.adversary.critic import to_float32 as to_float32
from sparring.adversary.image_pool import ImagePool as ImagePool
from sparring.adversary.loss import AdversarialLoss as AdversarialLoss
from sparring.adversary.memory import Memory as Memory
from sparring.adversary.penalty import GeneratorPenalties as GeneratorPenalties
from sparring.adversary.penalty import Penalizer as Penalizer
from sparring.adversary.penalty import Penalties as Penalties
from sparring.adversary.penalty import Penalty as Penalty
from sparring.adversary.penalty import PenaltyInputs as PenaltyInputs
from sparring.adversary.score import Scores as Scores
from sparring.adversary.score import score as score
from sparring.game import GeneratedBatch as GeneratedBatch
