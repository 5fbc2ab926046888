"""Frozen records, parameters, errors and the reviewed data files every other package builds on."""
