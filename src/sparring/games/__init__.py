"""Games, one a file."""

from sparring.games.aae import AAE as AAE
from sparring.games.acgan import ACGAN as ACGAN
from sparring.games.adda import ADDA as ADDA
from sparring.games.began import BEGAN as BEGAN
from sparring.games.bigan import BiGAN as BiGAN
from sparring.games.consensus import Consensus as Consensus
from sparring.games.cyclegan import CycleGAN as CycleGAN
from sparring.games.dann import DANN as DANN
from sparring.games.flow_gan import FlowGAN as FlowGAN
from sparring.games.gail import GAIL as GAIL
from sparring.games.gan import GAN as GAN
from sparring.games.infogan import InfoGAN as InfoGAN
from sparring.games.pix2pix import Pix2Pix as Pix2Pix
from sparring.games.progressive import Progressive as Progressive
from sparring.games.semi_supervised import SemiSupervised as SemiSupervised
from sparring.games.semi_supervised_aae import SemiSupervisedAAE as SemiSupervisedAAE
from sparring.games.unrolled import Unrolled as Unrolled
from sparring.games.vaegan import VAEGAN as VAEGAN
from sparring.games.wrapping import Wrapper as Wrapper
