"""Fixtures of the races: the owner of a fresh shop, through nginx and past it."""

import pytest

from support.programs import OwnPrograms
from support.sizes import PROCESSES


@pytest.fixture(scope="module")
def many(stack):
    """More processes than the stack has, for what shall really collide."""
    with OwnPrograms(stack, ["orders", "products", "settings"], PROCESSES) as own:
        yield own


@pytest.fixture(params=["through nginx", "into many processes"])
def owner(request, fresh):
    """The owner of the fresh shop, by either way."""
    if request.param == "through nginx":
        return fresh.owner
    return request.getfixturevalue("many").client(fresh.owner.token)
