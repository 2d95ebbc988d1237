"""The built-in recipes: values, and nothing else."""

from sparring.recipes.registry import list_recipes as list_recipes
from sparring.recipes.registry import recipe as recipe
from sparring.recipes.schema import Recipe as Recipe
from sparring.recipes.schema import build_game as build_game
