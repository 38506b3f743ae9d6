"""The disk is full: the database's, its log's, that of the programs' log."""

import json
from contextlib import contextmanager

from support.cluster import OwnCluster
from support.disk import SmallDisk
from support.nginx import OwnNginx
from support.parallel import Load
from support.programs import OwnPrograms
from support.shop import Shop
from support.sizes import FULL_DISK_WRITES, LOAD_THREADS
from support.stack import Stack, wait_until


class Elsewhere:
    """What a Shop needs of a stack, where programs and database are not the stack's own."""

    def __init__(self, stack, db, programs):
        self.facts, self.db, self.anonymous = stack.facts, db, programs.client()

    session = Stack.session


@contextmanager
def busy_on(stack, disk, **how):
    """(a load, the cluster) of programs whose database lies on a small disk. Afterwards every
    acknowledged write is there exactly once, and the processes are those of the beginning."""
    with OwnCluster(stack, disk, **how) as cluster, \
            OwnPrograms(stack, stack.programs, PURSER_DATABASE=cluster.conninfo) as programs:
        shop = Shop(Elsewhere(stack, cluster.db, programs))
        load = Load(shop, LOAD_THREADS, [shop.product(stock=100000) for _ in range(6)])
        yield load, cluster
        assert 500 not in load.ledger.tries, load.ledger.last[500]
        load.check()
        assert [p.poll() for p in programs.processes] == [None] * len(programs.processes)


def test_a_full_disk_refuses_writes_and_nothing_else(stack, note):
    with SmallDisk(stack, 60) as disk, busy_on(stack, disk) as (load, cluster):
        with load:
            load.wait_for_writes(20)
            disk.fill()
            wait_until(lambda: load.ledger.tries.get(507, 0) > FULL_DISK_WRITES or load.failures,
                       "writes are refused")
            refusal = load.ledger.last[507]
            assert refusal.refused(507, "out_of_space")
            assert int(refusal.headers["Retry-After"]) >= 1
            for answer in reads(load.shop, load.products[0]):
                assert answer.status == 200, answer
            disk.empty()
            load.wait_for_writes(50)
        note(f"tries: {load.ledger.tries}")
        assert 503 not in load.ledger.tries and cluster.is_up()


def test_a_full_disk_under_the_write_ahead_log_loses_nothing(stack, note):
    """PostgreSQL stops then, and comes back when whoever watches over it starts it again."""
    with SmallDisk(stack, 16) as disk, busy_on(stack, disk, log_alone=True) as (load, cluster):
        with load:
            load.wait_for_writes(20)
            disk.fill()
            cluster.write_log(100)
            wait_until(lambda: not cluster.is_up() or load.failures, "the server has stopped")
            for answer in reads(load.shop, load.products[0]):
                assert answer.refused(503, "unavailable"), answer
                assert int(answer.headers["Retry-After"]) >= 1
            disk.empty()
            cluster.start()
            load.wait_for_writes(50)
        assert "No space left on device" in cluster.said
        note(f"tries: {load.ledger.tries}")


def reads(shop, product):
    return [shop.owner.get(path) for path in (
        "products", f"products/{product['slug']}", "categories", "orders", "orders/1",
        f"inventory/{product['id']}", "sessions")]


def test_a_full_disk_under_the_programs_log_is_nobodys_concern(stack):
    """Requests go on, unheard of; when there is space, they are logged again, in whole lines."""
    with SmallDisk(stack, 1) as disk, OwnPrograms(
            stack, ["sessions", "categories"], disk=disk, PURSER_LOG_FILE=disk.path / "log") as own:
        shop = Shop(Elsewhere(stack, stack.db, own))
        before = shop.category()["id"]
        disk.fill()
        size = len(log_of(disk, "log"))
        for i in range(100):
            assert shop.owner.get("categories").status == 200
            shop.category(position=i)
        assert shop.owner.get(f"categories/{before}").status == 200
        assert len(log_of(disk, "log")) < size + 8192, "it is full"
        disk.empty()
        assert shop.owner.get("categories").status == 200
        # The line that found no space for its end has lost it, and takes no other with it.
        assert json.loads(log_of(disk, "log").splitlines()[-1])["route"] == "/categories"


def test_a_full_disk_under_nginx_is_nobodys_concern(stack):
    """Its log, and where it would put what doesn't fit into memory."""
    with SmallDisk(stack, 1) as disk, OwnNginx(stack, disk) as nginx:
        shop = Shop(stack)
        client = nginx.client.bearing(shop.owner.token)
        disk.fill()
        size = len(log_of(disk, "purser.log"))
        for i in range(100):
            made = client.post("products", {"name": f"Cake {i}", "unit_price": 1,
                                            "description": "x" * 9000})
            assert made.status == 201
            assert client.get(f"products/{made.data['id']}").data == made.data
        assert len(client.get("products?perPage=100").data) == 100
        assert client.post("products", body=b"[]".rjust(262144)).refused(400, "validation_failed")
        assert len(log_of(disk, "purser.log")) < size + 8192, "it is full"
        disk.empty()
        torn = len(log_of(disk, "purser.log"))

        def logged():  # nginx tries again a second after it found no space
            assert client.get("categories").status == 200
            lines = log_of(disk, "purser.log")[torn:].splitlines()[1:]  # behind the torn one's end
            return lines and {json.loads(line)["route"] for line in lines} == {"/categories"}
        wait_until(logged, "nginx logs again")


def log_of(disk, name):
    return disk.run("cat", disk.path / name).stdout
