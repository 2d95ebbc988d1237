"""Plain hand-written training loops of games, as a good user writes them down from the papers.

Networks, losses, batch and averages are those of a recipe; all else is plain PyTorch: `torch.optim.Adam`, contiguous
float32, samples generated or encoded once for all who learn from them, one pass for real and one for generated ones,
nobody frozen, an average weight by weight.
"""

from plain.autoencoders import aae as aae
from plain.autoencoders import bigan as bigan
from plain.autoencoders import semi_supervised_aae as semi_supervised_aae
from plain.autoencoders import vaegan as vaegan
from plain.gans import acgan as acgan
from plain.gans import conditional as conditional
from plain.gans import flow_gan as flow_gan
from plain.gans import infogan as infogan
from plain.gans import semi_supervised as semi_supervised
from plain.setting import Setting as Setting
from plain.transfer import adda as adda
from plain.transfer import dann as dann
