"""A discriminator with the rules it is trained by."""

from sparring.adversary.critic import Augmentation as Augmentation
from sparring.adversary.critic import Augmentations as Augmentations
from sparring.adversary.critic import AugmentedCritic as AugmentedCritic
from sparring.adversary.critic import Augmenter as Augmenter
from sparring.adversary.critic import AuxiliaryCritic as AuxiliaryCritic
from sparring.adversary.critic import Critic as Critic
from sparring.adversary.critic import DiscriminatorCritic as DiscriminatorCritic
from sparring.adversary.critic import Memory as Memory
from sparring.adversary.critic import Side as Side
from sparring.adversary.critic import to_float32 as to_float32
from sparring.adversary.image_pool import ImagePool as ImagePool
from sparring.adversary.score import GeneratedBatch as GeneratedBatch
from sparring.adversary.score import GeneratorPenalties as GeneratorPenalties
from sparring.adversary.score import Penalizer as Penalizer
from sparring.adversary.score import Penalties as Penalties
from sparring.adversary.score import Penalty as Penalty
from sparring.adversary.score import PenaltyInputs as PenaltyInputs
from sparring.adversary.score import Scores as Scores
from sparring.adversary.score import check_fit as check_fit
from sparring.adversary.score import score as score
