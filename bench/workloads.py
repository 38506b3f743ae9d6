"""workloads: the requests that are measured, and the same as scripts for pgbench."""
import json
import time
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

    def __init__(self, name, title, path="", paths=None, tenants=1):
        self.name, self.title, self.path, self.tenants = name, title, path, tenants
        self.variants = paths or {"": path}
        self.creates = name.startswith("create")


WORKLOADS = [
    Workload("get", "GET one product"),
    Workload("list", "LIST 20 of 1,000 products with exact total", "/api/v1/products",
             {"": "/api/v1/products", "our totals": "/api/v1/products?total=kept"}),
    Workload("create", "CREATE an order of 3 lines, one tenant"),
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


# ---- pgbench: a script for each request, its values as parameters, as Purser binds them

def bound(workload, sql, i):
    """What $1, $2 ... of a statement are in request i: pgbench's variables or expressions."""
    new_id = "lpad(to_hex(:id::bigint), 32, '0')::uuid"
    new_ids = "ARRAY[" + ", ".join(f"lpad(to_hex(:id::bigint + {k}), 32, '0')::uuid"
                                   for k in (1, 2, 3)) + "]"
    if "authenticate(" in sql:
        return [f":tenant{i}", f":hash{i}", ":roles"]
    if "INSERT INTO orders" in sql:
        return [f":tenant{i}", new_id, new_ids, f":products{i}", ":quantities", ":notes", ":name",
                ":email", ":phone", ":pickup", ":null"]
    if "INSERT INTO events" in sql:
        return [f":tenant{i}", ":kind", new_id, ":address", ":fields", ":request", ":counts",
                ":none", ":states"]
    if "FROM tenant_counts" in sql:
        return [f":tenant{i}", ":products", ":total"]
    if workload.name == "list":
        return [f":tenant{i}", ":limit", ":offset"]
    return [f":tenant{i}", f":product{i}"]


def script(workload, statements, i):
    lines = []
    if workload.creates:  # ids that are new, and grow, as those of Purser do
        lines = ["\\set n :n + 1", "\\set id :base + :client_id * 67108864 + :n * 4"]
    lines.append("\\startpipeline")
    for sql in statements:
        values = bound(workload, sql, i)
        for number in range(len(values), 0, -1):
            sql = sql.replace(f"${number}", values[number - 1])
        lines.append(sql + ";")
    return "\n".join([*lines, "\\endpipeline", ""])


def values_for_pgbench(workload, tenants):
    roles = ROLES["create" if workload.creates else "get"]
    values = {"roles": roles, "n": 0, "base": int(time.time() - 1.7e9) << 34, "quantities": "{1,2,3}",
              "notes": "{" + ",".join([f'"{NOTE}"'] * 3) + "}", "name": CUSTOMER["customer_name"],
              "email": CUSTOMER["customer_email"], "phone": CUSTOMER["customer_phone"],
              "pickup": PICKUP, "null": "", "kind": "order.placed", "address": "127.0.0.1",
              "fields": "{customer_name,customer_email,customer_phone,pickup_date,lines}",
              "request": "0" * 32, "counts": "orders", "none": "{}", "states": '{"",pending}',
              "products": "products", "total": '{""}', "limit": 20, "offset": 0}
    for i in range(len(tenants[0]["products"])):
        tenant = tenants[i % workload.tenants]
        values |= {f"tenant{i}": tenant["id"], f"hash{i}": "\\x" + tenant["hash"],
                   f"product{i}": tenant["products"][i],
                   f"products{i}": "{" + ",".join(l["product_id"] for l in order_lines(tenant, i)) + "}"}
    return values


def write_pgbench(workload, statements, tenants, folder):
    """Writes the scripts; returns pgbench's arguments for them."""
    arguments = []
    for name, value in values_for_pgbench(workload, tenants).items():
        arguments += ["-D", f"{name}={value}"]
    count = 1 if workload.name == "list" else len(tenants[0]["products"])
    for i in range(count):
        file = folder / f"{workload.name}-{i}.sql"
        file.write_text(script(workload, statements, i))
        arguments += ["-f", file]
    return arguments
