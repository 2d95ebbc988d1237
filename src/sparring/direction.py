"""Which values of a score are good."""

from typing import Literal

ScoreDirection = Literal["lower", "higher", "real"]
"""The lowest, the highest, or those nearest to the real samples' own."""
