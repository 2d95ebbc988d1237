"""Runs `python -m sparring.cli`, the command without its script."""

from sparring.cli.app import main

main()
