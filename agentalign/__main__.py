"""Runs the command line as `python -m agentalign`."""

from agentalign.cli import main

main()
