<?php
// What Purser is measured against: the same three routes as one writes them with PHP-FPM and PDO.
declare(strict_types=1);

const EVERYBODY = '{owner,admin,manager,staff,accountant,viewer}';
const CREW = '{owner,admin,manager,staff}';

final class Refused extends Exception
{
}

function database(): PDO
{
	return new PDO(getenv('BENCH_DSN'), 'purser_bench', null, [
		PDO::ATTR_PERSISTENT => true,
		PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
		PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
		PDO::ATTR_EMULATE_PREPARES => false,
		// One round trip a statement instead of three (prepare, execute, deallocate).
		PDO::PGSQL_ATTR_DISABLE_PREPARES => true,
	]);
}

/** Runs a statement of $1, $2 ... and returns its rows. */
function run(PDO $db, string $name, array $values): array
{
	static $statements = null;
	$statements ??= require getenv('BENCH_STATEMENTS');
	$statement = $db->prepare(preg_replace('/\$(\d+)/', ':p$1', $statements[$name]));
	foreach ($values as $i => $value) {
		$statement->bindValue('p' . ($i + 1), $value);
	}
	$statement->execute();
	return $statement->fetchAll();
}

function uuid_v7(): string
{
	$raw = substr(pack('J', (int) (microtime(true) * 1000)), 2) . random_bytes(10);
	$raw[6] = chr(ord($raw[6]) & 0x0f | 0x70);
	$raw[8] = chr(ord($raw[8]) & 0x3f | 0x80);
	return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($raw), 4));
}

/** PostgreSQL's array literal. */
function pg_array(array $values): string
{
	return '{' . implode(',', array_map(
		fn ($v) => $v === null ? 'NULL' : '"' . addcslashes((string) $v, '"\\') . '"',
		$values,
	)) . '}';
}

/** A row as clients get it: times as RFC 3339 has them, nothing internal. */
function shown(array $row): array
{
	foreach (['created_at', 'updated_at', 'deleted_at', 'pickup_date'] as $time) {
		if (isset($row[$time])) {
			$row[$time] = str_replace([' ', '+00'], ['T', 'Z'], $row[$time]);
		}
	}
	unset($row['_revision']);
	return $row;
}

function tenant_of(string $token): string
{
	$raw = base64_decode(strtr(substr($token, 3), '-_', '+/'), true);
	if (!str_starts_with($token, 'ps_') || $raw === false || strlen($raw) !== 48) {
		throw new Refused('unauthorized', 401);
	}
	return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex(substr($raw, 0, 16)), 4));
}

/** Runs $work in a transaction of whoever bears the token. */
function as_user(array $roles_and_token, callable $work): array
{
	[$roles, $token] = $roles_and_token;
	$tenant = tenant_of($token);
	$db = database();
	$db->beginTransaction();
	try {
		[$who] = run($db, 'authenticate', [$tenant, '\x' . hash('sha256', $token), $roles]);
		$answer = $work($db, $tenant);
		$db->commit();
	} catch (PDOException $e) {
		$db->rollBack();
		throw match ($e->getCode()) {
			'PU401' => new Refused('unauthorized', 401),
			'PU403' => new Refused('forbidden', 403),
			default => $e,
		};
	}
	if ($who['touch']) {
		run($db, 'touch', [$tenant, $who['session_id']]);
	}
	return $answer;
}

function get_product(string $token, string $id): array
{
	$rows = as_user([EVERYBODY, $token], fn ($db, $tenant) => run($db, 'get', [$tenant, $id]));
	if ($rows === []) {
		throw new Refused('not_found', 404);
	}
	header('ETag: "' . $rows[0]['_revision'] . '"');
	return ['data' => shown($rows[0])];
}

function list_products(string $token, string $total): array
{
	[$rows, [$total]] = as_user([EVERYBODY, $token], fn ($db, $tenant) => [
		run($db, 'list', [$tenant, 20, 0]),
		$total === 'kept' ? run($db, 'kept_total', [$tenant, 'products', '{""}'])
			: run($db, 'count', [$tenant]),
	]);
	return ['data' => array_map('shown', $rows), 'total' => $total['n'], 'page' => 1, 'perPage' => 20];
}

function check_order(mixed $order): void
{
	$pickup = is_array($order) ? strtotime((string) ($order['pickup_date'] ?? '')) : false;
	$good = $pickup !== false && $pickup > time() && is_string($order['customer_name'] ?? null)
		&& is_array($order['lines'] ?? null) && $order['lines'] !== [];
	foreach ($good ? $order['lines'] : [] as $line) {
		$good = $good && is_string($line['product_id'] ?? null) && is_int($line['quantity'] ?? null)
			&& $line['quantity'] >= 1;
	}
	if (!$good) {
		throw new Refused('validation_failed', 400);
	}
}

function create_order(string $token): array
{
	$order = json_decode(file_get_contents('php://input'), true);
	check_order($order);
	$id = uuid_v7();
	[$row] = as_user([CREW, $token], function ($db, $tenant) use ($id, $order) {
		$lines = $order['lines'];
		run($db, 'stay', [$tenant]);
		$rows = run($db, 'place', [
			$tenant, $id, pg_array(array_map(fn () => uuid_v7(), $lines)),
			pg_array(array_column($lines, 'product_id')), pg_array(array_column($lines, 'quantity')),
			pg_array(array_map(fn ($line) => $line['note'] ?? null, $lines)),
			$order['customer_name'], $order['customer_email'] ?? null,
			$order['customer_phone'] ?? null, $order['pickup_date'], $order['notes'] ?? null,
			$order['client_id'] ?? null,
		]);
		run($db, 'record', [
			$tenant, 'order.placed', $id, $_SERVER['REMOTE_ADDR'], pg_array(array_keys($order)),
			$_SERVER['REQUEST_ID'], 'orders', '{}', pg_array(['', $rows[0]['status']]),
		]);
		return $rows;
	});
	http_response_code(201);
	header('Location: /api/v1/orders/' . $id);
	header('ETag: "' . $row['_revision'] . '"');
	$row['lines'] = json_decode($row['lines'], true);
	$row['allowed_actions'] = ['approve', 'reject', 'cancel'];
	return ['data' => shown($row)];
}

function answer(): array
{
	$token = substr($_SERVER['HTTP_AUTHORIZATION'] ?? '', 7);
	$path = strtok($_SERVER['REQUEST_URI'], '?');
	return match (true) {
		$path === '/api/v1/orders' && $_SERVER['REQUEST_METHOD'] === 'POST' => create_order($token),
		$path === '/api/v1/products' => list_products($token, $_GET['total'] ?? 'counted'),
		str_starts_with($path, '/api/v1/products/') => get_product($token, substr($path, 17)),
		default => throw new Refused('not_found', 404),
	};
}

try {
	$answer = answer();
} catch (Refused $e) {
	http_response_code($e->getCode());
	$answer = ['error' => $e->getMessage()];
} catch (Throwable $e) {
	error_log((string) $e);
	http_response_code(500);
	$answer = ['error' => 'internal_error'];
}
$body = json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
header('Content-Type: application/json');
header('Content-Length: ' . strlen($body));
echo $body;
