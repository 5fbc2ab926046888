"""The door to `inspect-evals`: AgentHarm, run in a process of its own."""
