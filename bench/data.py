"""data: businesses with a thousand products each, a login for each, and a role for the peers."""
import base64
import hashlib
import os
import secrets
import time
import uuid

import stack

PRODUCTS = 1000
PICKED = 16  # products of a tenant that the requests ask for

# 10 sizes x 10 tastes x 10 kinds; nothing of it ever sells out.
FILL = """
INSERT INTO categories (tenant_id, id, name, slug, position)
SELECT :'tenant', uuid_v7(), k.name, lower(k.name), k.n
  FROM unnest(string_to_array(:'kinds', ' ')) WITH ORDINALITY AS k (name, n);

INSERT INTO products (tenant_id, id, name, slug, sku, description, category_id, unit_price,
  tax_rate)
SELECT :'tenant', uuid_v7(), made.name, lower(replace(made.name, ' ', '-')),
  'SKU-' || row_number() OVER (ORDER BY made.name),
  made.name || ', freshly made every morning. Keeps for two days in a cool and dry place.',
  made.category, 100 + abs(hashtext(made.name)) % 2000, 700
  FROM (SELECT concat_ws(' ', s, t, c.name) AS name, c.id AS category
          FROM unnest(string_to_array(:'sizes', ' ')) s, unnest(string_to_array(:'tastes', ' ')) t,
               categories c WHERE c.tenant_id = :'tenant') made;

INSERT INTO stock (tenant_id, product_id, on_hand)
SELECT tenant_id, id, 1000000000000 FROM products WHERE tenant_id = :'tenant';

INSERT INTO tenant_counts (tenant_id, resource, n)
SELECT :'tenant'::uuid, 'categories', count(*) FROM categories WHERE tenant_id = :'tenant'
UNION ALL
SELECT :'tenant'::uuid, 'products', count(*) FROM products WHERE tenant_id = :'tenant';
"""
WORDS = {
    "kinds": "Baguette Bread Brownie Cake Cookie Croissant Muffin Pie Roll Tart",
    "sizes": "Mini Small Medium Large Family Party Single Double Triple Giant",
    "tastes": "Almond Apple Butter Cherry Chocolate Lemon Oat Pear Rye Vanilla",
}


def uuid_v7():
    """RFC 9562, 5.7."""
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = raw[6] & 15 | 112
    raw[8] = raw[8] & 63 | 128
    return str(uuid.UUID(bytes=bytes(raw)))


def make_token(tenant):
    """A session's token as lib/credential makes it, and its hashes: Purser's, and the peers'."""
    raw = uuid.UUID(tenant).bytes + secrets.token_bytes(32)
    token = "ps_" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return (token, hashlib.blake2b(token.encode(), digest_size=32).hexdigest(),
            hashlib.sha256(token.encode()).hexdigest())


def make_tenant(number):
    """Makes a business; returns what requests need to know of it."""
    tenant, user = uuid_v7(), uuid_v7()
    token, ours, theirs = make_token(tenant)
    variables = {"tenant": tenant, "user": user, "account": uuid_v7(), "slug": f"bench-{number}",
                 "ours": "\\x" + ours, "theirs": "\\x" + theirs} | WORDS
    rows = stack.admin("".join(f"\\set {name} '{value.replace(chr(92), chr(92) * 2)}'\n"
                               for name, value in variables.items()) + f"""
        BEGIN;
        SELECT create_tenant(:'tenant', :'slug', :'slug', 'EUR', 'UTC') \\gset ignored_
        SELECT create_user(:'tenant', :'user', :'account', :'slug' || '@bench.example', 'Bench',
          'owner', NULL) \\gset ignored_
        INSERT INTO sessions (tenant_id, id, user_id, token_hash, expires_at, idle_seconds)
        SELECT :'tenant', uuid_v7(), :'user', hash::bytea, now() + '1 day', 86400
          FROM unnest(ARRAY[:'ours', :'theirs']) hash;
        {FILL}
        COMMIT;
        SELECT id FROM products WHERE tenant_id = :'tenant' ORDER BY md5(slug) LIMIT {PICKED};
    """)
    return {"id": tenant, "token": token, "hash": theirs, "products": [row[0] for row in rows]}


def make(tenants):
    """Makes all data, with progress."""
    made = []
    for number in range(1, tenants + 1):
        made.append(make_tenant(number))
        if number % 4 == 0:
            print(f"  {number} of {tenants} tenants, {PRODUCTS:,} products each", flush=True)
    stack.superuser("VACUUM ANALYZE")
    count = stack.admin(f"SELECT count(*) FROM products WHERE tenant_id = '{made[0]['id']}'")
    if count != [[str(PRODUCTS)]]:
        raise stack.Failed(f"a tenant has {count} products instead of {PRODUCTS}")
    return made


def make_role():
    """The peers' role: a program's, as plain as Purser's own, with the rights of two of them."""
    password = secrets.token_hex(20)
    stack.admin("CALL create_program('bench');"
                "GRANT purser_products, purser_orders TO purser_bench;"
                f"ALTER ROLE purser_bench PASSWORD '{password}';")
    passfile = stack.HOME / "secrets/purser_bench.pgpass"
    passfile.write_text(f"*:*:*:purser_bench:{password}\n")
    stack.own(passfile)
    return passfile
