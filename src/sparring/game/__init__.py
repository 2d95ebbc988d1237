"""Games: players in teams, and what each team minimises on its move."""

from sparring.game.game import Game as Game
from sparring.game.panels import SampleGrid as SampleGrid
from sparring.game.panels import ScatterPlot as ScatterPlot
from sparring.game.panels import with_channels as with_channels
from sparring.game.stage import Stage as Stage
from sparring.game.team import Batch as Batch
from sparring.game.team import Freezer as Freezer
from sparring.game.team import GeneratedBatch as GeneratedBatch
from sparring.game.team import Losses as Losses
from sparring.game.team import Projection as Projection
from sparring.game.team import Team as Team
