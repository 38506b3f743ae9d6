"""stories: what happens in a shop on one day, told once and played in several ways."""


def order_story(shop, client=None):
    """From an empty shop to an approved order, by whatever client: a look at each answer."""
    client = client or shop.owner

    def did(answer, status):
        assert answer.status == status, answer
        return answer.data

    shelf = did(client.post("categories", {"name": "Cakes"}), 201)
    cake = did(client.post("products", {"name": "Cheesecake", "unit_price": 2900, "tax_rate": 700,
                                        "category_id": shelf["id"]}), 201)
    assert did(client.post(f"inventory/{cake['slug']}/adjust",
                           {"delta": 5, "reason": "baked"}), 200)["on_hand"] == 5

    key = {"Idempotency-Key": "story-1"}
    wish = shop.order_body((cake, 2))
    order = client.post("orders", wish, headers=key)
    assert did(order, 201)["total"] == 5800
    again = client.post("orders", wish, headers=key)
    assert again.body == order.body and again.headers["Idempotent-Replayed"] == "true"
    number = order.data["number"]
    assert did(client.get("inventory/cheesecake"), 200)["available"] == 3

    rehearsed = did(client.post(f"orders/{number}/approve?dry_run=true"), 200)
    assert rehearsed["status"] == "approved"
    assert did(client.get(f"orders/{number}"), 200)["status"] == "pending"
    stale = client.post(f"orders/{number}/approve", headers={"If-Match": '"9"'})
    assert stale.refused(412, "precondition_failed")
    assert did(client.post(f"orders/{number}/approve"), 200)["status"] == "approved"
    assert client.post(f"orders/{number}/approve").refused(409, "invalid_transition")
    stock = did(client.get("inventory/cheesecake"), 200)
    assert (stock["on_hand"], stock["reserved"]) == (3, 0)

    assert client.post("orders", shop.order_body((cake, 4))).refused(422, "insufficient_stock")
    assert client.post("products", {"name": "x", "unit_price": 1, "slug": "cheesecake"}).refused(
        409, "duplicate")
    assert client.get(f"orders/{number + 1}").refused(404, "not_found")
    assert [o["number"] for o in client.get("orders?status=approved").data] == [number]
    assert did(client.post(f"orders/{number}/cancel", {"reason": "rain"}),
               200)["status"] == "cancelled"
    assert did(client.get("inventory/cheesecake"), 200)["on_hand"] == 5
    shop.check_books()
