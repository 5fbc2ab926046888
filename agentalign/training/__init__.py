"""From a version to a model that was trained on it: what to run, and which run did."""
