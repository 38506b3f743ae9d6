// What Purser is measured against: the same three routes as one writes them with Fastify and pg.
'use strict';

const cluster = require('node:cluster');
const crypto = require('node:crypto');
const fs = require('node:fs');
const Fastify = require('fastify');
const pg = require('pg');

const WORKERS = 2;
const EVERYBODY = ['owner', 'admin', 'manager', 'staff', 'accountant', 'viewer'];
const CREW = ['owner', 'admin', 'manager', 'staff'];
const statements = JSON.parse(fs.readFileSync(process.env.BENCH_STATEMENTS, 'utf8'));

// Numbers as numbers, times as RFC 3339 has them.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ,
	(text) => text.replace(' ', 'T').replace('+00', 'Z'));

const pool = new pg.Pool({
	host: process.env.BENCH_HOST,
	database: 'purser',
	user: 'purser_bench',
	password: fs.readFileSync(process.env.PGPASSFILE, 'utf8').trim().split(':').at(-1),
	application_name: 'bench-fastify',
	max: 10,
});

/** Runs a statement, which each connection prepares once. */
async function run(db, name, values) {
	return (await db.query({ name, text: statements[name], values })).rows;
}

function refuse(status, error) {
	return Object.assign(new Error(error), { statusCode: status });
}

function uuidV7() {
	const raw = crypto.randomBytes(16);
	raw.writeUIntBE(Date.now(), 0, 6);
	raw[6] = (raw[6] & 0x0f) | 0x70;
	raw[8] = (raw[8] & 0x3f) | 0x80;
	return raw.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function credential(request) {
	const token = (request.headers.authorization ?? '').slice('Bearer '.length);
	const raw = Buffer.from(token.slice(3), 'base64url');
	if (!token.startsWith('ps_') || raw.length !== 48) throw refuse(401, 'unauthorized');
	return {
		tenant: raw.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
		hash: crypto.createHash('sha256').update(token).digest(),
	};
}

/** Runs `work` in a transaction of whoever bears the token. */
async function asUser(request, roles, work) {
	const { tenant, hash } = credential(request);
	const db = await pool.connect();
	try {
		await db.query('BEGIN');
		const [who] = await run(db, 'authenticate', [tenant, hash, roles]);
		const answer = await work(db, tenant);
		await db.query('COMMIT');
		if (who.touch) await run(db, 'touch', [tenant, who.session_id]);
		return answer;
	} catch (error) {
		await db.query('ROLLBACK');
		if (error.code === 'PU401') throw refuse(401, 'unauthorized');
		if (error.code === 'PU403') throw refuse(403, 'forbidden');
		throw error;
	} finally {
		db.release();
	}
}

// ---- what the routes take and give; Fastify makes its parsers and serialisers of it

const text = { type: 'string' };
const integer = { type: 'integer' };
const boolean = { type: 'boolean' };
const maybe = { type: 'string', nullable: true };
const object = (properties) => ({ type: 'object', properties });
const array = (items) => ({ type: 'array', items });

const product = object({
	id: text, name: text, slug: text, sku: maybe, description: maybe, category_id: maybe,
	unit_price: integer, tax_rate: integer, lead_time_hours: integer, track_stock: boolean,
	published: boolean, active: boolean, created_at: text, updated_at: text, deleted_at: maybe,
});
const line = object({
	product_id: text, name: text, quantity: integer, unit_price: integer, tax_rate: integer,
	tax: integer, total: integer, note: maybe,
});
const order = object({
	id: text, number: integer, status: text, allowed_actions: array(text), customer_name: text,
	customer_email: maybe, customer_phone: maybe, client_id: maybe, pickup_date: text, notes: maybe,
	reason: maybe,
	currency: text, subtotal: integer, tax_total: integer, total: integer, payment_status: text,
	placed_by: text, created_at: text, updated_at: text, lines: array(line),
});
const newOrder = {
	type: 'object',
	additionalProperties: false,
	required: ['customer_name', 'pickup_date', 'lines'],
	properties: {
		customer_name: { type: 'string', minLength: 1, maxLength: 200 },
		customer_email: text, customer_phone: text, notes: text, client_id: text,
		pickup_date: { type: 'string', format: 'date-time' },
		lines: {
			type: 'array',
			minItems: 1,
			maxItems: 100,
			items: {
				type: 'object',
				additionalProperties: false,
				required: ['product_id', 'quantity'],
				properties: {
					product_id: { type: 'string', format: 'uuid' },
					quantity: { type: 'integer', minimum: 1, maximum: 100000 },
					note: { type: 'string', maxLength: 500 },
				},
			},
		},
	},
};

// ---- the routes

async function getProduct(request, reply) {
	const [row] = await asUser(request, EVERYBODY,
		(db, tenant) => run(db, 'get', [tenant, request.params.id]));
	if (row === undefined) throw refuse(404, 'not_found');
	reply.header('ETag', `"${row._revision}"`);
	return { data: row };
}

async function listProducts(request) {
	const kept = request.query.total === 'kept';
	return asUser(request, EVERYBODY, async (db, tenant) => {
		const rows = await run(db, 'list', [tenant, 20, 0]);
		const [{ n }] = kept ? await run(db, 'kept_total', [tenant, 'products', ['']])
			: await run(db, 'count', [tenant]);
		return { data: rows, total: n, page: 1, perPage: 20 };
	});
}

async function createOrder(request, reply) {
	const { lines, ...order } = request.body;
	if (Date.parse(order.pickup_date) <= Date.now()) throw refuse(400, 'validation_failed');
	const id = uuidV7();
	const row = await asUser(request, CREW, async (db, tenant) => {
		await run(db, 'stay', [tenant]);
		const [placed] = await run(db, 'place', [tenant, id, lines.map(uuidV7),
			lines.map((l) => l.product_id), lines.map((l) => l.quantity),
			lines.map((l) => l.note ?? null), order.customer_name, order.customer_email,
			order.customer_phone, order.pickup_date, order.notes, order.client_id]);
		await run(db, 'record', [tenant, 'order.placed', id, request.headers['x-real-ip'],
			Object.keys(request.body), request.headers['x-request-id'], 'orders', [],
			['', placed.status]]);
		return placed;
	});
	reply.code(201).header('Location', `/api/v1/orders/${id}`).header('ETag', `"${row._revision}"`);
	return { data: { ...row, allowed_actions: ['approve', 'reject', 'cancel'] } };
}

function serve() {
	const app = Fastify();
	const one = (of) => ({ '2xx': object({ data: of }) });
	const many = (of) => ({
		'2xx': object({ data: array(of), total: integer, page: integer, perPage: integer }),
	});
	app.get('/api/v1/products/:id', {
		schema: { params: object({ id: { type: 'string', format: 'uuid' } }), response: one(product) },
	}, getProduct);
	app.get('/api/v1/products', { schema: { response: many(product) } }, listProducts);
	app.post('/api/v1/orders', { schema: { body: newOrder, response: one(order) } }, createOrder);
	app.listen({ path: process.env.BENCH_SOCKET, backlog: 4096 });
}

if (cluster.isPrimary) {
	for (let i = 0; i < WORKERS; i++) cluster.fork();
} else {
	serve();
}
