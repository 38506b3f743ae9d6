// How often requests are sent, over a network that fails twice: reads and what bears a key are sent
// again, other writes never. Tells it as JSON.
import { createPurser, idempotencyKey } from "purser-client";

async function tries(act: (api: ReturnType<typeof createPurser>["api"]) => Promise<unknown>) {
	const sent: string[] = [];
	const { api } = createPurser({
		baseUrl: "https://nowhere.example",
		token: "pk_live_x",
		fetch: async (request) => {
			sent.push(`${request.headers.get("Authorization")} ${await request.text()}`);
			if (sent.length === 1) throw new TypeError("the network is down");
			const status = sent.length === 2 ? 503 : 200;
			return Response.json({ data: [], perPage: 20 }, { status, headers: { "Retry-After": "0" } });
		},
	});
	const end = await act(api).then(() => "answered", (why: Error) => why.message);
	return { end, tries: sent.length, alike: new Set(sent).size };
}

const body = { name: "Cake", unit_price: 1250 };
const header = { "Idempotency-Key": idempotencyKey() };
console.log(
	JSON.stringify({
		read: await tries((api) => api.GET("/products")),
		keyed: await tries((api) => api.POST("/products", { params: { header }, body })),
		plain: await tries((api) => api.POST("/products", { body })),
	}),
);
