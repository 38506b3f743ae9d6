"""`purser check`: what is kept twice agrees, or each difference is told."""

import re

import pytest

from support.shop import Shop, in_days
from support.stack import ROOT

DIFFERS, EX_USAGE, EX_DATAERR, EX_UNAVAILABLE = 1, 64, 65, 69


@pytest.fixture(scope="module")
def books(stack):
    """A shop where everything that is kept twice is there: stock that is reserved, sold and given
    back, orders of every status, a capacity of slots. Tests spoil one thing, and put it back."""
    shop = Shop(stack)
    shop.settings(pickup_slot_capacity=50)
    shop.cake = shop.product(stock=100)
    shop.category(), shop.customer()
    for status in ("pending", "approved", "in_production", "ready", "completed", "rejected",
                   "no_show", "cancelled"):
        shop.last = shop.order_in(status, (shop.cake, 2), pickup_date=in_days(4))
    yield shop
    shop.check_books()


def check(purser, shop):
    """(exit status, the lines about the shop)"""
    done = purser.run("check", "--tenant", shop.slug)
    assert done.stderr == "", done
    *lines, last = done.stdout.splitlines()
    assert last == f"1 tenants, {len(lines)} differences"
    assert all(line.startswith(f"{shop.slug}: ") for line in lines)
    return done.returncode, [line.removeprefix(f"{shop.slug}: ") for line in lines]


@pytest.fixture
def spoil(books):
    """Changes something as the superuser; takes it back afterwards."""
    undo = []

    def change(do, back):
        undo.append(back)
        run(do)

    def run(sql):
        books.stack.superuser(f"SET session_replication_role = replica; SET search_path = purser;"
                              f" {sql.replace('TENANT', repr(books.id))}", "purser")
    yield change
    for sql in reversed(undo):
        run(sql)


def test_all_is_well(purser, books):
    assert check(purser, books) == (0, [])


@pytest.mark.parametrize("resource,kept", [
    ("products", 1), ("categories", 1), ("clients", 1), ("orders", 8), ("orders pending", 1),
    ("orders completed", 1), ("orders cancelled", 1)])
def test_totals(purser, books, spoil, resource, kept):
    name, _, status = resource.partition(" ")
    where = f"WHERE tenant_id = TENANT AND resource = '{name}' AND status = '{status}'"
    spoil(f"UPDATE tenant_counts SET n = n + 3 {where}", f"UPDATE tenant_counts SET n = n - 3"
          f" {where}")
    assert check(purser, books) == (
        DIFFERS, [f"totals: {resource}: {kept + 3} is kept, {kept} is right"])


def test_a_total_that_is_missing(purser, books, spoil):
    spoil("DELETE FROM tenant_counts WHERE tenant_id = TENANT AND resource = 'clients'",
          "INSERT INTO tenant_counts VALUES (TENANT, 'clients', '', 1)")
    assert check(purser, books) == (DIFFERS, ["totals: clients: 0 is kept, 1 is right"])


def test_a_total_of_something_unknown(purser, books, spoil):
    """A resource that is counted and that this check doesn't know is no silence."""
    spoil("INSERT INTO tenant_counts VALUES (TENANT, 'novelties', '', 2)",
          "DELETE FROM tenant_counts WHERE tenant_id = TENANT AND resource = 'novelties'")
    assert check(purser, books) == (DIFFERS, ["totals: novelties: 2 is kept, 0 is right"])


def test_every_program_that_counts_is_checked(stack):
    """Whoever keeps totals of another resource teaches tools/check.c to count it."""
    counted = {p["counts"] for p in map(stack.describe, stack.programs) if p.get("counts")}
    source = (ROOT / "tools" / "check.c").read_text()
    known = set(re.findall(r"COUNTED\(\s*\"(\w+)\"|SELECT '(\w+)', status", source))
    assert counted and counted <= {name for names in known for name in names}


def product(books):
    return f"tenant_id = TENANT AND product_id = '{books.cake['id']}'"


def test_stock_on_hand(purser, books, spoil):
    there, _ = books.stock(books.cake)
    spoil(f"UPDATE stock SET on_hand = on_hand + 5 WHERE {product(books)}",
          f"UPDATE stock SET on_hand = on_hand - 5 WHERE {product(books)}")
    assert check(purser, books) == (DIFFERS, [
        f"stock on hand: product {books.cake['id']}: {there + 5} is kept, {there} is right"])


def test_stock_reserved(purser, books, spoil):
    spoil(f"UPDATE stock SET reserved = 0 WHERE {product(books)}",
          f"UPDATE stock SET reserved = 2 WHERE {product(books)}")
    assert check(purser, books) == (DIFFERS, [
        f"stock reserved: product {books.cake['id']}: 0 is kept, 2 is right"])


def test_stock_that_an_order_did_not_take(purser, books, spoil):
    """A sale that is missing, and stock that agrees with the ledger nevertheless."""
    order = books.db.value("SELECT id::text FROM orders WHERE tenant_id = %s AND status = 'ready'",
                           books.id)
    number = books.db.value("SELECT number FROM orders WHERE tenant_id = %s AND id = %s", books.id,
                            order)
    where = f"WHERE tenant_id = TENANT AND order_id = '{order}'"
    spoil(f"UPDATE stock_movements SET delta = -1 {where}; UPDATE stock SET on_hand = on_hand + 1"
          f" WHERE {product(books)}", f"UPDATE stock_movements SET delta = -2 {where}; UPDATE stock"
          f" SET on_hand = on_hand - 1 WHERE {product(books)}")
    assert check(purser, books) == (DIFFERS, [
        f"stock of orders: order {number}, product {books.cake['id']}: -1 is kept, -2 is right"])


@pytest.mark.parametrize("rule,column", [("order total", "total"), ("order tax", "tax_total"),
                                         ("order subtotal", "subtotal")])
def test_sums_of_an_order(purser, books, spoil, rule, column):
    order, right = books.last, books.last[column]
    where = f"WHERE tenant_id = TENANT AND id = '{order['id']}'"
    spoil(f"UPDATE orders SET {column} = {column} + 7 {where}",
          f"UPDATE orders SET {column} = {column} - 7 {where}")
    status, lines = check(purser, books)
    assert status == DIFFERS
    assert f"{rule}: order {order['number']}: {right + 7} is kept, {right} is right" in lines
    assert all(f"order {order['number']}:" in line for line in lines)


def test_an_order_without_lines(purser, books, spoil):
    order = books.last
    where = f"WHERE tenant_id = TENANT AND order_id = '{order['id']}'"
    spoil(f"CREATE TABLE aside AS SELECT * FROM order_lines {where}; DELETE FROM order_lines"
          f" {where}", "INSERT INTO order_lines SELECT * FROM aside; DROP TABLE aside")
    assert (f"order total: order {order['number']}: {order['total']} is kept, 0 is right" in
            check(purser, books)[1])


def test_slots(purser, books, spoil):
    slot, taken = books.db.one("SELECT slot::text, taken FROM pickup_slots WHERE tenant_id = %s"
                               " AND taken > 0", books.id)
    where = f"WHERE tenant_id = TENANT AND slot = '{slot}'"
    spoil(f"UPDATE pickup_slots SET taken = taken - 1 {where}",
          f"UPDATE pickup_slots SET taken = taken + 1 {where}")
    assert check(purser, books) == (DIFFERS, [
        f"pick-up slot: {slot}: {taken - 1} is kept, {taken} is right"])


def test_order_numbers(purser, books, spoil):
    spoil("UPDATE tenant_state SET order_number = order_number + 1 WHERE tenant_id = TENANT",
          "UPDATE tenant_state SET order_number = order_number - 1 WHERE tenant_id = TENANT")
    assert check(purser, books) == (DIFFERS, [
        "order numbers: the last one: 9 is kept, 8 is right",
        "order numbers: how many: 9 is kept, 8 is right"])


def test_all_tenants(purser, books, spoil, stack):
    spoil("UPDATE tenant_state SET order_number = 9 WHERE tenant_id = TENANT",
          "UPDATE tenant_state SET order_number = 8 WHERE tenant_id = TENANT")
    done = purser.run("check")
    assert done.returncode == DIFFERS
    assert f"{books.slug}: order numbers: how many: 9 is kept, 8 is right" in done.stdout
    tenants = books.db.value("SELECT count(*) FROM tenants")
    assert done.stdout.splitlines()[-1].startswith(f"{tenants} tenants, ")


def test_it_changes_nothing(purser, books):
    before = books.footprint()
    check(purser, books)
    assert books.footprint() == before


def test_wrong_usage(purser):
    assert purser.run("check", "x").returncode == EX_USAGE
    assert purser.run("check", "--tenant").returncode == EX_USAGE
    none = purser.run("check", "--tenant", "no-such")
    assert none.returncode == EX_DATAERR and "there is no tenant 'no-such'" in none.stderr
    assert purser.run("check", PURSER_DB=None).returncode == EX_UNAVAILABLE
