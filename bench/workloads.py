"""workloads: the requests that are measured, and the same as scripts for pgbench."""
import json
import urllib.request

import stack

TENANTS = 16
PICKUP = "2099-12-24T10:30:00Z"
ROLES = {"get": "{owner,admin,manager,staff,accountant,viewer}",
         "create": "{owner,admin,manager,staff}"}
CUSTOMER = {"customer_name": "Ada Baker", "customer_email": "ada@example.com",
            "customer_phone": "+49 30 1234567", "pickup_date": PICKUP}
NOTE = "sliced, please"


class Workload:
    """name; title; who takes part, and by which path where that is not Purser's own."""

    def __init__(self, name, title, path="", paths=None, tenants=1, pgbench_most=32):
        self.name, self.title, self.path, self.tenants = name, title, path, tenants
        self.pgbench_most = pgbench_most  # connections, beyond which it gets slower, not faster
        self.variants = paths or {"": path}
        self.creates = name.startswith("create")


WORKLOADS = [
    Workload("get", "GET one product"),
    Workload("list", "LIST 20 of 1,000 products with exact total", "/api/v1/products",
             {"": "/api/v1/products", "our totals": "/api/v1/products?total=kept"}),
    Workload("create", "CREATE an order of 3 lines, one tenant", pgbench_most=4),
    Workload("create-many", f"CREATE an order of 3 lines, {TENANTS} tenants", tenants=TENANTS),
]


def order_lines(tenant, i):
    products = tenant["products"]
    return [{"product_id": products[(i + k) % len(products)], "quantity": 1 + k, "note": NOTE}
            for k in (0, 1, 2)]


def requests_of(workload, tenants, path):
    """Method, path, token and body of each of the requests that are sent in turn."""
    picked = range(len(tenants[0]["products"]))
    if workload.name == "get":
        return [("GET", f"/api/v1/products/{tenants[0]['products'][i]}", tenants[0]["token"], None)
                for i in picked]
    if workload.name == "list":
        return [("GET", path, tenants[0]["token"], None)]
    return [("POST", "/api/v1/orders", tenant["token"],
             json.dumps(CUSTOMER | {"lines": order_lines(tenant, i)}))
            for i in picked for tenant in [tenants[i % workload.tenants]]]


def as_http(method, path, token, body):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}",
             "Accept: application/json", "User-Agent: bench"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines) + "\r\n\r\n" + (body or "")


def write_http(requests, file):
    """For wrk.lua and fair.c alike: a NUL between two."""
    file.write_bytes(b"\0".join(as_http(*request).encode() for request in requests))


def as_urllib(base, method, path, token, body):
    headers = {"Content-Type": "application/json"} if body else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return urllib.request.Request(base + path, method=method, headers=headers,
                                  data=body.encode() if body else None)


# ---- pgbench: one script, its values as parameters, as Purser binds them

# Each connection asks once what is its own: a tenant, and products of it. Ids are new, and grow, as
# those of Purser do.
HEAD = """\\set mine :client_id % :count
\\if :n = 0
SELECT tenant, hash, product, products FROM bench_connections
 WHERE workload = :workload AND connection = :mine \\gset
\\endif
\\set n :n + 1
\\set id :base + :client_id * 67108864 + :n * 4
"""
NEW_ID = "lpad(to_hex(:id::bigint), 32, '0')::uuid"
NEW_IDS = "ARRAY[" + ", ".join(NEW_ID.replace(":id::bigint", f":id::bigint + {k}")
                               for k in (1, 2, 3)) + "]"

# What $1, $2 ... are in the statement that has the word.
BOUND = {
    "authenticate(": ":tenant :hash :roles",
    "plan_cache_mode": "",
    "INSERT INTO orders": [":tenant", NEW_ID, NEW_IDS, ":products", ":quantities", ":notes",
                           ":name", ":email", ":phone", ":pickup::timestamptz", "NULL", "NULL"],
    "pg_advisory_xact_lock_shared": ":tenant",
    "INSERT INTO events": [":tenant", ":kind", NEW_ID, ":address", ":fields", ":request", ":counts",
                           ":none", ":states"],
    "FROM tenant_counts": ":tenant :counted :total",
    "LIMIT $2": ":tenant :limit :offset",
    "FROM products": ":tenant :product",
}


def script(statements):
    lines = [HEAD + "\\startpipeline"]
    for sql in statements:
        values = next(values for word, values in BOUND.items() if word in sql)
        values = values.split() if isinstance(values, str) else values
        for number in range(len(values), 0, -1):
            sql = sql.replace(f"${number}", values[number - 1])
        lines.append(sql + ";")
    return "\n".join([*lines, "\\endpipeline", ""])


def connections_table(tenants):
    """SQL that makes what the connections of pgbench ask for."""
    rows = []
    for workload in WORKLOADS:
        for i, product in enumerate(tenants[0]["products"]):
            tenant = tenants[i % workload.tenants]
            products = ",".join(line["product_id"] for line in order_lines(tenant, i))
            rows.append(f"('{workload.name}', {i}, '{tenant['id']}', '\\x{tenant['hash']}', "
                        f"'{product}', '{{{products}}}')")
    return f"""
        CREATE TABLE bench_connections (workload text, connection int, tenant text, hash text,
          product text, products text, PRIMARY KEY (workload, connection));
        INSERT INTO bench_connections VALUES {", ".join(rows)};
        GRANT SELECT ON bench_connections TO purser_bench;"""


def pgbench_arguments(workload, statements, count, folder):
    """Writes the script; returns pgbench's arguments for it."""
    file = folder / f"{workload.name}.sql"
    file.write_text(script(statements))
    values = {
        "workload": workload.name, "count": count, "n": 0,
        "roles": ROLES["create" if workload.creates else "get"], "limit": 20, "offset": 0,
        "counted": "products", "total": '{""}', "quantities": "{1,2,3}",
        "notes": "{" + ",".join([f'"{NOTE}"'] * 3) + "}", "name": CUSTOMER["customer_name"],
        "email": CUSTOMER["customer_email"], "phone": CUSTOMER["customer_phone"], "pickup": PICKUP,
        "kind": "order.placed", "address": "127.0.0.1", "request": "0" * 32, "counts": "orders",
        "fields": "{customer_name,customer_email,customer_phone,pickup_date,lines}", "none": "{}",
        "states": '{"",pending}'}
    arguments = ["-f", file]
    for name, value in values.items():
        arguments += ["-D", f"{name}={value}"]
    return arguments
