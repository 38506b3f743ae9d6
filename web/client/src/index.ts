// Purser's API for TypeScript: paths, parameters, bodies, answers and error codes are typed by the
// document that Purser's build makes (schema.ts, by `npm run generate`).
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

/** What the API sends and takes, by name: `Schemas["Order"]`. */
export type Schemas = components["schemas"];

/** Every path with its methods: `api.GET("/orders/{ref}", ...)`. */
export type Api = Client<paths, "application/json">;

export type LogIn = Schemas["CreateSessionBody"];
export type Session = Schemas["CreateSessionAnswer"];

export interface Options {
	/** Where Purser is: "https://shop.example". In a page of the same origin: "". */
	baseUrl: string;
	/** A session's token, or an API key; browsers with the cookie need none. */
	token?: string;
	/** How often a request is sent again that is safe to repeat; 2 when not said. */
	retries?: number;
	/** Instead of the global fetch. */
	fetch?: (request: Request) => Promise<Response>;
}

/** A refusal, thrown by take(). */
export class PurserError extends Error {
	constructor(
		readonly status: number,
		/** For programs: "insufficient_stock". */
		readonly code: string,
		message: string,
		/** Every fault, with where it stands: "lines[0].quantity". */
		readonly details: Schemas["Error"]["details"],
		/** Names the request in Purser's logs. */
		readonly requestId: string | null,
	) {
		super(message);
		this.name = "PurserError";
	}
}

export interface Purser {
	api: Api;
	/** Logs in; what follows is done as this person. */
	logIn(who: LogIn): Promise<Session>;
	/** What follows is done with this token, or without any. */
	setToken(token: string | undefined): void;
}

type Result<T> = {
	data?: T;
	error?: Schemas["Error"];
	response: Response;
};

/** What stands below `data` of an answer; throws a PurserError for a refusal. */
export async function take<T extends { data: unknown }>(
	asked: Promise<Result<T>>,
): Promise<T["data"]> {
	const { data, error, response } = await asked;
	if (data !== undefined) return data.data;
	throw new PurserError(
		response.status,
		error?.error ?? "unavailable",
		error?.message ?? response.statusText,
		error?.details ?? [],
		response.headers.get("X-Request-Id"),
	);
}

/**
 * A key for params.header["Idempotency-Key"]: the request is done once however often it is sent.
 * Routes whose answers hold secrets have no such parameter.
 */
export function idempotencyKey(): string {
	const { crypto } = globalThis as { crypto?: Crypto }; // Node 18 has none
	return (
		crypto?.randomUUID?.() ??
		[Date.now(), Math.random(), Math.random()].map((n) => n.toString(36)).join("-")
	);
}

const AGAIN = [429, 503];

function isSafeToRepeat(request: Request): boolean {
	return ["GET", "HEAD"].includes(request.method) || request.headers.has("Idempotency-Key");
}

function seconds(n: number): Promise<void> {
	return new Promise((done) => setTimeout(done, n * 1000));
}

/** Sends again what failed on its way or came at a bad moment, if that can do no harm. */
async function persist(
	send: (request: Request) => Promise<Response>,
	request: Request,
	retries: number,
): Promise<Response> {
	for (let left = isSafeToRepeat(request) ? retries : 0; ; left--) {
		let wait = 1;
		try {
			const response = await send(left > 0 ? request.clone() : request);
			if (left <= 0 || !AGAIN.includes(response.status)) return response;
			wait = Number(response.headers.get("Retry-After") ?? wait);
		} catch (why) {
			if (left <= 0) throw why;
		}
		await seconds(wait);
	}
}

export function createPurser(options: Options): Purser {
	const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
	let token = options.token;
	const api: Api = createClient<paths, "application/json">({
		baseUrl: `${options.baseUrl}/api/v1`,
		querySerializer: { array: { style: "form", explode: false } },
		fetch: (request) => persist(send, request, options.retries ?? 2),
	});
	api.use({
		onRequest({ request }) {
			request.headers.set("Accept", "application/json");
			if (token !== undefined) request.headers.set("Authorization", `Bearer ${token}`);
			return request;
		},
	});
	return {
		api,
		async logIn(who) {
			const session = await take(api.POST("/sessions", { body: who }));
			token = session.token;
			return session;
		},
		setToken(other) {
			token = other;
		},
	};
}
