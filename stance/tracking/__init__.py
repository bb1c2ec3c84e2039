"""MLflow behind a few plain calls: one store, runs that end with the right status, models in the registry.

The modules import MLflow only when they are used: importing this package costs nothing.
"""
