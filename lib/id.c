/*
 * id: UUIDs of version 7 from the clock, a counter and libsodium's randomness.
 */
#include "id.h"

#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define COUNTER_MAX 0xfffu  /* rand_a's 12 bits */
#define COUNTER_SEED 0x7ffu /* half of it, so that a busy millisecond has room to count */

/* Randomness is fetched for many ids at once: one system call for about thirty. */
static struct {
	unsigned char bytes[256];
	size_t left;
	int guarded;
} pool;

static struct {
	uint64_t ms;
	unsigned counter;
} last;

/* Where byte i stands in the text. */
static const unsigned char places[16] = {
	0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34,
};

/* A hexadecimal digit's value + 1, so that everything else is 0. */
static const unsigned char digits[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* A child must not give out the same bytes as its parent. */
static void
forget_pool(void)
{
	pool.left = 0;
}

static void
take_random(void *out, size_t n)
{
	if (!pool.guarded) {
		pthread_atfork(NULL, NULL, forget_pool);
		pool.guarded = 1;
	}
	if (pool.left < n) {
		randombytes_buf(pool.bytes, sizeof(pool.bytes));
		pool.left = sizeof(pool.bytes);
	}
	pool.left -= n;
	memcpy(out, pool.bytes + pool.left, n);
}

static unsigned
counter_seed(void)
{
	uint16_t seed;

	take_random(&seed, sizeof(seed));
	return seed & COUNTER_SEED;
}

/* Moves `last` on: to the clock where that went forward, else by one. */
static void
tick(void)
{
	struct timespec now;
	uint64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	if (ms <= last.ms && last.counter < COUNTER_MAX) {
		last.counter++;
		return;
	}
	last.ms = ms > last.ms ? ms : last.ms + 1;
	last.counter = counter_seed();
}

struct pur_uuid
pur_uuid_new(void)
{
	struct pur_uuid id;

	tick();
	for (int i = 0; i < 6; i++)
		id.b[i] = (unsigned char)(last.ms >> (40 - 8 * i));
	id.b[6] = (unsigned char)(0x70 | last.counter >> 8);
	id.b[7] = (unsigned char)last.counter;
	take_random(id.b + 8, 8);
	id.b[8] = (unsigned char)(0x80 | (id.b[8] & 0x3f));
	return id;
}

int
pur_uuid_parse(const char *text, size_t len, struct pur_uuid *out)
{
	struct pur_uuid id;

	if (len != PUR_UUID_TEXT)
		return -1;
	if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
		return -1;
	for (int i = 0; i < 16; i++) {
		int high = pur_hex_value(text[places[i]]);
		int low = pur_hex_value(text[places[i] + 1]);

		if (high < 0 || low < 0)
			return -1;
		id.b[i] = (unsigned char)(high << 4 | low);
	}
	*out = id;
	return 0;
}

void
pur_uuid_format(const struct pur_uuid *id, char *text)
{
	static const char hex[] = "0123456789abcdef";

	text[8] = text[13] = text[18] = text[23] = '-';
	for (int i = 0; i < 16; i++) {
		text[places[i]] = hex[id->b[i] >> 4];
		text[places[i] + 1] = hex[id->b[i] & 0xf];
	}
}

int
pur_hex_value(char c)
{
	return digits[(unsigned char)c] - 1;
}
