"""A checkpoint in, samples out."""

from sparring.inference.model import Model as Model
from sparring.inference.model import load as load
