// What must not compile: each line marked so, and no other, is an error.
import { createPurser, take } from "purser-client";

const { api } = createPurser({ baseUrl: "https://localhost" });
const ref = "1";
const lines = [{ product_id: "1", quantity: 1 }];
const orders = await take(api.GET("/orders"));

await api.GET("/nothing"); // wrong: no such path
await api.DELETE("/orders/{ref}", { params: { path: { ref } } }); // wrong: no such method
await api.GET("/orders/{ref}"); // wrong: which one?
await api.GET("/orders", { params: { query: { sort: ["notes"] } } }); // wrong: not sorted by that
await api.GET("/orders", { params: { query: { status: "lost" } } }); // wrong: no such status
await api.POST("/orders", { body: { customer_name: "Ada", lines } }); // wrong: no pickup_date
await api.POST("/products", { body: { name: "Cake", unit_price: "12.50" } }); // wrong: no number
await api.PATCH("/products/{ref}", { params: { path: { ref } }, body: { id: ref } }); // wrong: read-only
orders[0]?.total.toUpperCase(); // wrong: a number
orders[0]?.colour; // wrong: no such member
const read = await api.GET("/orders");
if (read.error?.error === "insufficient_stock") throw read.error; // wrong: reads take no stock
