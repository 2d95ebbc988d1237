"""Plain training loops of games, as a good user writes them by hand from the papers.

Networks, losses, batch and averages are a recipe's; everything else is plain PyTorch: `torch.optim.Adam`, contiguous
float32, samples generated or encoded once for all players, one pass for real and one for generated samples, no player
frozen, an average weight by weight.
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
