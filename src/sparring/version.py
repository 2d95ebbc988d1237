"""Which version of sparring this is."""

__version__ = "0.1.0"
