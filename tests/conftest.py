"""Settings of the whole suite."""

from hypothesis import HealthCheck, settings

# How long a case takes says something about the machine, which may be busy, not about the code.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")
