"""What the embedded model can be asked to do, one job a module."""
