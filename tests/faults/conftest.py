"""What the fault tests share: a shop under load, whose ledger must hold afterwards."""

import pytest

from support.parallel import Load
from support.shop import Shop
from support.sizes import LOAD_THREADS


@pytest.fixture
def busy(stack):
    """A load that has not begun yet: with busy: ... Afterwards the stack must be whole again, and
    every acknowledged write there exactly once."""
    shop = Shop(stack)
    products = [shop.product(stock=100000, unit_price=1000 + i, tax_rate=1900) for i in range(6)]
    load = Load(shop, LOAD_THREADS, products)
    yield load
    stack.wait_for_handlers()
    stack.wait_until_ready()
    load.ledger.check(load.events_before)
