"""Fixtures of the tests of the operator's command."""

import pytest

from support.deployment import NginxCopy, Operator, ScratchDatabase


@pytest.fixture(scope="session")
def purser(stack):
    return Operator(stack)


@pytest.fixture
def scratch(purser):
    """An empty database."""
    with ScratchDatabase(purser, "purser_scratch") as database:
        yield database


@pytest.fixture(scope="module")
def migrated(purser):
    """A database with the whole schema and nothing in it."""
    with ScratchDatabase(purser, "purser_migrated") as database:
        assert database.migrate().returncode == 0
        yield database


@pytest.fixture
def nginx(stack, tmp_path):
    return NginxCopy(stack, tmp_path)
