"""Fixtures shared by all tests: the container engine, and images to run on it."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

# The same examples on every machine and in every run: what CI says of a change must not depend on luck. Exploring is a
# matter of its own: HYPOTHESIS_PROFILE=explore pytest …
settings.register_profile("steady", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where the engine is promised: a test that needs it must not vanish from CI unseen."""
    if os.environ.get("SMLINT_REQUIRE_ENGINE") == "1":
        pytest.fail(f"SMLINT_REQUIRE_ENGINE=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """A client of a running Docker engine. Mark the tests that use it ``engine``."""
    import docker
    import docker.errors

    try:
        client = docker.from_env()
    except docker.errors.DockerException as error:
        reason = str(error)
    else:
        yield client
        client.close()
        return
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        # The half-made client drops its socket; that is no leak of the test.
        gc.collect()
    unavailable(f"no container engine answers: {reason}")


@pytest.fixture(scope="session")
def images(engine: docker.DockerClient) -> Images:
    """Builds images from Debian packages: see ``tests.engine.images.Images``."""
    from tests.engine import bases
    from tests.engine.images import Images

    if reason := bases.missing_tools():
        unavailable(reason)
    return Images(engine)
