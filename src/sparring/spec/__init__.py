"""Typed values: written down, read back, overridden."""

from sparring.spec.spec import FAMILY_MARK as FAMILY_MARK
from sparring.spec.spec import Count as Count
from sparring.spec.spec import Family as Family
from sparring.spec.spec import Spec as Spec
from sparring.spec.spec import differences as differences
