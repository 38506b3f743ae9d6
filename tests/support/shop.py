"""shop: a business that no other test sees, and the things that tests need in it."""

import datetime
import itertools
import uuid

from support import books

ROLES = ("owner", "admin", "manager", "staff", "accountant", "viewer")

# The actions that lead an order from pending to each status.
WAYS = {"pending": "", "approved": "approve", "in_production": "approve start",
        "ready": "approve start ready", "completed": "approve start ready complete",
        "no_show": "approve start ready no-show", "rejected": "reject", "cancelled": "cancel",
        "expired": ""}

_counter = itertools.count(1)


def unique(word):
    """A word that was never there before."""
    return f"{word}-{next(_counter)}-{uuid.uuid4().hex[:8]}"


def in_days(days):
    """An instant as the API takes it."""
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Footprint:
    """Rows of many tables; compared, it shows the few that differ."""

    def __init__(self, rows):
        self.rows, self.differing = rows, []

    def __eq__(self, other):
        self.differing = sorted(self.rows ^ other.rows)[:5]
        return not self.differing

    def __repr__(self):
        return f"<{len(self.rows)} rows; of those that differ: {self.differing}>"


class Shop:
    """A tenant of its own. Its people have the demo owner's password."""

    def __init__(self, stack, currency="EUR", inclusive=True):
        self.stack, self.db = stack, stack.db
        self.id, self.slug = str(uuid.uuid4()), unique("shop")
        self.currency = currency
        self.db.all("SELECT create_tenant(%s, %s, %s, %s)", self.id, self.slug, self.slug, currency)
        if not inclusive:
            self.db.all("UPDATE settings SET prices_include_tax = false WHERE tenant_id = %s",
                        self.id)
        self.users, self._clients = {}, {}
        self.owner = self.client("owner")

    # ---- people

    def user(self, role):
        """(id, email) of a new member."""
        user, email = str(uuid.uuid4()), f"{unique(role)}@{self.slug}.example"
        self.join(user, email, role)
        return user, email

    def join(self, user, email, role):
        self.db.all(
            "SELECT create_user(%s, %s, %s, %s, %s, %s, (SELECT password_hash FROM accounts"
            " WHERE email_key = %s))", self.id, user, str(uuid.uuid4()), email, role.title(), role,
            self.stack.facts["PURSER_OWNER_EMAIL"])

    @property
    def password(self):
        return self.stack.facts["PURSER_OWNER_PASSWORD"]

    def client(self, role):
        """A client that is logged in; the same one each time."""
        if role not in self._clients:
            self.users[role], self._clients[role] = self.person(role)
        return self._clients[role]

    def person(self, role):
        """(id, a client who is logged in): a new member, whom a test may change or shut out."""
        user, _ = self.user(role)
        return user, self.stack.session(self.id, user)

    # ---- things

    def category(self, **fields):
        return _made(self.owner.post("categories", {"name": unique("Shelf"), **fields}))

    def product(self, stock=0, **fields):
        body = {"name": unique("Cake"), "unit_price": 1250, **fields}
        product = _made(self.owner.post("products", body))
        if stock:
            self.adjust(product, stock)
        return product

    def adjust(self, product, delta):
        answer = self.owner.post(f"inventory/{product['id']}/adjust",
                                 {"delta": delta, "reason": "for a test"})
        assert answer.status == 200, answer
        return answer.data

    def customer(self, **fields):
        """One of /clients."""
        return _made(self.owner.post("clients", {"name": unique("Client"), **fields}))

    def member(self, role="staff", **fields):
        """One of /users."""
        return _made(self.owner.post("users", {
            "name": unique(role.title()), "email": f"{unique(role)}@{self.slug}.example",
            "role": role, **fields}))

    def settings(self, **fields):
        answer = self.owner.patch("settings", fields)
        assert answer.status == 200, answer
        return answer.data

    def order_body(self, *lines, **fields):
        """lines: (product, quantity), or a dict as it is."""
        return {"customer_name": "Ada Customer", "pickup_date": in_days(3), "lines": [
            line if isinstance(line, dict) else {"product_id": line[0]["id"], "quantity": line[1]}
            for line in lines], **fields}

    def order(self, *lines, **fields):
        return _made(self.owner.post("orders", self.order_body(*lines, **fields)))

    def approved(self, *lines, **fields):
        return self.order_in("approved", *lines, **fields)

    def order_in(self, status, *lines, **fields):
        """An order that was led to a status."""
        order = self.order(*lines, **fields)
        for action in WAYS[status].split():
            answer = self.owner.post(f"orders/{order['id']}/{action}")
            assert answer.status == 200, answer
            order = answer.data
        if status == "expired":  # which the clock does, not a person
            self._expire(order)
            order = self.owner.get(f"orders/{order['id']}").data
        return order

    def _expire(self, order):
        self.db.all("UPDATE orders SET status = 'expired', revision = revision + 1"
                    " WHERE tenant_id = %s AND id = %s", self.id, order["id"])
        self.db.all("UPDATE stock s SET reserved = reserved - l.quantity FROM (SELECT product_id,"
                    " sum(quantity) AS quantity FROM order_lines WHERE tenant_id = %(t)s AND"
                    " order_id = %(o)s AND tracked GROUP BY 1) l WHERE s.tenant_id = %(t)s AND"
                    " s.product_id = l.product_id", {"t": self.id, "o": order["id"]})
        self.db.all("INSERT INTO tenant_counts AS c (tenant_id, resource, status, n) VALUES"
                    " (%(t)s, 'orders', 'pending', 0), (%(t)s, 'orders', 'expired', 1) ON CONFLICT"
                    " (tenant_id, resource, status) DO UPDATE SET n = c.n + CASE c.status WHEN"
                    " 'expired' THEN 1 ELSE -1 END", {"t": self.id})

    # ---- a look past the API

    def stock(self, product):
        """(on_hand, reserved)"""
        return self.db.one("SELECT on_hand, reserved FROM stock WHERE tenant_id = %s AND"
                           " product_id = %s", self.id, product["id"])

    def events(self, after=0):
        """(seq, kind, object, actor, fields, request id) of what happened."""
        return self.db.all(
            "SELECT seq, kind, object_id::text, actor_id::text, fields, request_id FROM events"
            " WHERE tenant_id = %s AND seq > %s ORDER BY seq", self.id, after)

    def many_clients(self, n, name="'c' || mod(i, 7)", notes="'row ' || i"):
        """Adds so many clients, past the API; name and notes are of row i."""
        self.db.all("INSERT INTO clients (tenant_id, id, name, slug, notes) SELECT %s, uuid_v7(),"
                    f" {name}, 'c-' || i || '-' || md5(random()::text), {notes} FROM"
                    " generate_series(1, %s) i", self.id, n)
        if n > 1:  # as the server does by itself, in its time
            self.db.all("ANALYZE clients")
        self.db.all("INSERT INTO tenant_counts AS c (tenant_id, resource, status, n) VALUES"
                    " (%(t)s, 'clients', '', %(n)s) ON CONFLICT (tenant_id, resource, status) DO"
                    " UPDATE SET n = c.n + %(n)s", {"t": self.id, "n": n})

    def happen(self, n):
        """Adds events to the chain, past the API, which would take its time."""
        self.db.all("""
            DO $$ DECLARE
              t uuid := %s; state tenant_state; at bigint := extract(epoch FROM now()) * 1000000;
            BEGIN
              FOR i IN 1 .. %s LOOP
                UPDATE tenant_state SET event_seq = event_seq + 1, event_hash = sha256(event_hash
                    || convert_to(concat_ws('|', 2, t, event_seq + 1, 'settings.updated',
                       'settings', t, '', '', '127.0.0.1', '{locale}', 'made', at), 'UTF8'))
                  WHERE tenant_id = t RETURNING * INTO state;
                INSERT INTO events (tenant_id, seq, kind, object_type, object_id, address, fields,
                    request_id, hash, hash_version) VALUES (t, state.event_seq, 'settings.updated',
                    'settings', t, '127.0.0.1', '{locale}', 'made', state.event_hash, 2);
              END LOOP;
            END $$""", self.id, n)

    def last_event(self):
        return self.db.value("SELECT event_seq FROM tenant_state WHERE tenant_id = %s", self.id)

    def footprint(self):
        """Everything a write could leave behind; two of them are equal when none did."""
        looks = {table: "SELECT (to_jsonb(t) - 'last_seen_at' - 'last_used_at' - CASE WHEN"
                        f" '{table}' IN ('sessions', 'api_keys') THEN 'updated_at' ELSE '' END)"
                        f"::text FROM {table} t WHERE tenant_id = %s"  # which looking on moves
                 for table in self.db.column(
                     "SELECT table_name FROM information_schema.columns WHERE table_schema ="
                     " 'purser' AND column_name = 'tenant_id'")}
        looks["tenants"] = "SELECT t::text FROM tenants t WHERE id = %s"
        looks["accounts"] = ("SELECT a::text FROM accounts a WHERE id IN (SELECT account_id FROM"
                             " users WHERE tenant_id = %s)")
        looks["totp"] = ("SELECT (holder, enabled, last_step, codes)::text FROM totp WHERE holder IN"
                         " (SELECT account_id FROM users WHERE tenant_id = %s)")
        return Footprint({(t, row) for t, sql in looks.items()
                          for row in self.db.column(sql, self.id)})

    def check_books(self):
        assert books.faults(self.db, self.id) == []


def _made(answer):
    assert answer.status == 201, answer
    return answer.data
