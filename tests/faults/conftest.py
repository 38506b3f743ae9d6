"""What the fault tests share: a shop under load, whose ledger must hold afterwards."""

import pytest

from support.parallel import Load
from support.shop import Shop
from support.sizes import FULL, LOAD_THREADS


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
    load.check()


@pytest.fixture
def within(note):
    """within(2, seconds, "what"): a time is told always, and judged in full runs alone, when the
    machine has nothing else to do."""
    def judge(most, measured, what, unit="s"):
        note(f"{what}: {measured:.2f} {unit}")
        assert not FULL or measured <= most, f"{what}: {measured:.2f} {unit}, promised: {most}"
    return judge
