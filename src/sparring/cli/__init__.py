"""The command `spar`."""

from sparring.cli.app import main as main
