"""Games, one a file."""

from sparring.games.gan import GAN as GAN
