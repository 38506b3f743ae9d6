// A day's work by the typed client: log in, look what there is, place an order and approve it. Tells
// what it saw as JSON. Arguments: where Purser is, an address, a password, a product's id, a time.
import { createPurser, idempotencyKey, PurserError, type Schemas, take } from "purser-client";

declare const process: { argv: string[] };
const [baseUrl = "", email = "", password = "", product_id = "", pickup_date = ""] =
	process.argv.slice(2);

const purser = createPurser({ baseUrl });
const session = await purser.logIn({ email, password });

const products: Schemas["Product"][] = await take(
	purser.api.GET("/products", {
		params: { query: { sort: ["-created_at", "name"], "unit_price[gte]": 1, perPage: 5 } },
	}),
);

const header = { "Idempotency-Key": idempotencyKey() };
const body: Schemas["OrderCreate"] = {
	customer_name: "Ada Lovelace",
	pickup_date,
	lines: [{ product_id, quantity: 2 }],
};
const placed = await take(purser.api.POST("/orders", { params: { header }, body }));
const again = await take(purser.api.POST("/orders", { params: { header }, body }));
const approved = await take(
	purser.api.POST("/orders/{ref}/approve", { params: { path: { ref: placed.id } } }),
);
const pages = await purser.api.GET("/orders", {
	params: { query: { "status[in]": ["approved", "ready"], fields: ["id", "status"] } },
});

// A refusal: its code is one of those that this route can give.
const greedy = await purser.api.POST("/orders", {
	body: { ...body, lines: [{ product_id, quantity: 100000 }] },
});
const code: "insufficient_stock" | "other" =
	greedy.error?.error === "insufficient_stock" ? greedy.error.error : "other";

let thrown: PurserError | undefined;
try {
	await take(purser.api.GET("/orders/{ref}", { params: { path: { ref: "999999" } } }));
} catch (why) {
	if (!(why instanceof PurserError)) throw why;
	thrown = why;
}

console.log(
	JSON.stringify({
		role: session.user.role,
		products: products.map((p) => p.id),
		placed: placed.id,
		again: again.id,
		status: approved.status,
		found: pages.data?.data.map((o) => [o.id, o.status]),
		total: pages.data?.total,
		code,
		thrown: thrown && [thrown.status, thrown.code, thrown.requestId !== null],
	}),
);
