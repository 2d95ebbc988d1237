"""Latent spaces."""

from sparring.latents.prior import Gaussian as Gaussian
from sparring.latents.prior import Prior as Prior
from sparring.latents.prior import Uniform as Uniform
