"""Settings of the whole suite."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Side by side, tests take a core each. Set before torch is there, and for the processes that they start.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long a case takes says something about the machine, which may be busy, not about the code.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that tests compute finds its way into the user's cache, or out of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STANCE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("STANCE_CACHE_GB", raising=False)
        yield
