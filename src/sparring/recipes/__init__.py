"""Recipes, and all that is made from them."""

from sparring.recipes.catalogue import list_recipes as list_recipes
from sparring.recipes.catalogue import recipe as recipe
from sparring.recipes.model import Model as Model
from sparring.recipes.model import load as load
from sparring.recipes.play import train as train
from sparring.recipes.schema import Recipe as Recipe
