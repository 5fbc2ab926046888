"""Measures models by benchmarks of agents that others published, from files the user has."""
