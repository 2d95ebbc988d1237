"""Games, one a file."""

from sparring.games.consensus import Consensus as Consensus
from sparring.games.gan import GAN as GAN
from sparring.games.unrolled import Unrolled as Unrolled
from sparring.games.wrapping import Wrapper as Wrapper
