"""Fixtures of all tests over HTTP. They run against a stack that is up: see dev.d/tests.sh."""

import os
import pathlib

import pytest

pytest.register_assert_rewrite("support")

from support import client
from support.described import Described
from support.routes import Things, all_routes
from support.shop import ROLES, Shop
from support.sizes import FULL
from support.stack import Stack

_notes = []
_stage = []  # for the line of ./dev test: see tell in dev.d/tests.sh


def pytest_generate_tests(metafunc):
    """A test that takes `route` runs for each route of each program, or those that
    @pytest.mark.routes(...) chooses."""
    if "route" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("routes")
        chosen = [r for r in all_routes() if marker is None or marker.args[0](r)]
        metafunc.parametrize("route", chosen, ids=str)


def pytest_configure(config):
    config.addinivalue_line("markers", "routes(chosen): those that chosen(route) is true for")
    folder = pathlib.Path(os.environ.get("PURSER_VAR", "nowhere"), "install/share/purser/www/api")
    client.described = Described(folder) if folder.exists() else None
    config.addinivalue_line("markers", "full: judges time, or takes long: by ./dev test --full")


def pytest_collection_modifyitems(config, items):
    """A short run leaves some tests out, and says which."""
    left = [] if FULL else [item for item in items if item.get_closest_marker("full")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
        _stage.append(f"left for --full: {', '.join(item.name for item in left)}")


@pytest.fixture(scope="session")
def stack():
    var = os.environ.get("PURSER_VAR")
    if not var or not (pathlib.Path(var) / "dev.env").exists():
        pytest.exit("no stack is up: run these by ./dev test, or give its folder as PURSER_VAR", 3)
    stack = Stack(var)
    stack.wait_until_ready()
    return stack


@pytest.fixture(scope="session")
def db(stack):
    return stack.db


@pytest.fixture(scope="session")
def anonymous(stack):
    return stack.anonymous


@pytest.fixture(scope="session")
def people(stack):
    """Role -> a client who has it in the demo tenant."""
    logged_in = {role: stack.login_as(role.upper()) for role in ROLES}
    stack.db.all("UPDATE sessions SET proved_at = now() + interval '1 day' WHERE tenant_id ="
                 " (SELECT tenant_id FROM tenant_slugs WHERE slug = 'sweet-spot')")
    return logged_in


@pytest.fixture(scope="session")
def rival(stack):
    """Another business, with an owner who is logged in."""
    shop = Shop(stack)
    yield shop
    shop.check_books()


@pytest.fixture(scope="module")
def shop(stack):
    """A business for this file's tests alone. Its books must balance when they are done."""
    shop = Shop(stack)
    yield shop
    shop.check_books()


@pytest.fixture(scope="module")
def things(shop):
    return Things(shop)


@pytest.fixture
def fresh(stack):
    """A business for one test, where numbers and totals begin at nothing."""
    shop = Shop(stack)
    yield shop
    shop.check_books()


@pytest.fixture(scope="module", autouse=True)
def no_handler_dies(request):
    """After a file's tests the same processes serve as before, unless the file kills some itself
    (it says KILLS = True) or needs no stack."""
    items = [item for item in request.session.items if item.module is request.module]
    if getattr(request.module, "KILLS", False) or not any("stack" in i.fixturenames for i in items):
        yield
        return
    stack = request.getfixturevalue("stack")
    before = stack.handlers()
    yield
    assert stack.handlers() == before, "handlers died, or were replaced, while tests ran"


@pytest.fixture(scope="module", autouse=True)
def everything_is_described():
    """What a file's tests were answered is what the API's document says, in threads too."""
    before = len(client.described.drifted) if client.described else 0
    yield
    assert not client.described or client.described.drifted[before:] == []


@pytest.fixture
def note(request):
    """note("text"): a line in the summary, for numbers that are told and not judged."""
    return lambda text: _notes.append(f"{request.node.name}: {text}")


def pytest_terminal_summary(terminalreporter):
    for line in _notes:
        terminalreporter.write_line(f"note: {line}")
    for line in _stage:
        terminalreporter.write_line(f"stage: {line}")
