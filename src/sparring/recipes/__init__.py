"""The built-in recipes: values, and nothing else; a file a family, registered by its line here."""

from sparring.recipes import aae as aae
from sparring.recipes import began as began
from sparring.recipes import bigan as bigan
from sparring.recipes import conditional as conditional
from sparring.recipes import cyclegan as cyclegan
from sparring.recipes import dcgan as dcgan
from sparring.recipes import flow_gan as flow_gan
from sparring.recipes import gail as gail
from sparring.recipes import gan as gan
from sparring.recipes import infogan as infogan
from sparring.recipes import pix2pix as pix2pix
from sparring.recipes import progressive as progressive
from sparring.recipes import stylegan2 as stylegan2
from sparring.recipes import toys as toys
from sparring.recipes import transfer as transfer
from sparring.recipes import vaegan as vaegan
from sparring.recipes.registry import list_recipes as list_recipes
from sparring.recipes.registry import recipe as recipe
from sparring.recipes.registry import register as register
from sparring.recipes.schema import Recipe as Recipe
from sparring.recipes.schema import build_game as build_game
