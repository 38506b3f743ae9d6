/* network: reads addresses, and compares their first bits. */
#include "network.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED 96 /* bits before an IPv4 address */
#define TEXT 64   /* more than an address with its length */

static const unsigned char mapped[MAPPED / 8] = { [10] = 0xff, [11] = 0xff };

/* Returns 4 or 6, or 0 for what is no address. */
static int
read_address(const char *text, unsigned char out[PUR_NETWORK])
{
	if (inet_pton(AF_INET, text, out + MAPPED / 8) == 1) {
		memcpy(out, mapped, sizeof(mapped));
		return 4;
	}
	if (inet_pton(AF_INET6, text, out) != 1)
		return 0;
	return memcmp(out, mapped, sizeof(mapped)) == 0 ? 4 : 6;
}

/* Sets all bits behind the first n to zero. */
static void
mask(unsigned char address[PUR_NETWORK], int n)
{
	for (int i = 0; i < PUR_NETWORK; i++) {
		int left = n - 8 * i;

		if (left < 8)
			address[i] &= left > 0 ? (unsigned char)(0xff << (8 - left)) : 0;
	}
}

bool
pur_network_of(const char *address, unsigned char network[PUR_NETWORK])
{
	int kind = address != NULL ? read_address(address, network) : 0;

	mask(network, kind == 4 ? MAPPED + 24 : 64);
	return kind != 0;
}

/* Reads "10.0.0.0/8" or an address alone. Returns its number of bits, or -1. */
static int
read_network(const char *word, size_t len, unsigned char out[PUR_NETWORK])
{
	char text[TEXT], *slash, *end;
	int kind, most;
	long bits;

	if (len >= sizeof(text))
		return -1;
	memcpy(text, word, len);
	text[len] = '\0';
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	kind = read_address(text, out);
	if (kind == 0)
		return -1;
	most = strchr(text, ':') == NULL ? 32 : 128;
	if (slash == NULL)
		return 128;
	bits = strtol(slash, &end, 10);
	if (slash[0] < '0' || slash[0] > '9' || *end != '\0' || bits > most)
		return -1;
	return (int)bits + 128 - most;
}

static bool
is_in(const unsigned char address[PUR_NETWORK], const unsigned char network[PUR_NETWORK], int bits)
{
	unsigned char a[PUR_NETWORK], b[PUR_NETWORK];

	memcpy(a, address, sizeof(a));
	memcpy(b, network, sizeof(b));
	mask(a, bits);
	mask(b, bits);
	return memcmp(a, b, sizeof(a)) == 0;
}

/* Whether all words are networks, and, where there is an address, one of them has it. */
static bool
look(const char *list, const unsigned char *address, bool *found)
{
	for (const char *p = list; *(p += strspn(p, " ")) != '\0'; p += strcspn(p, " ")) {
		unsigned char network[PUR_NETWORK];
		int bits = read_network(p, strcspn(p, " "), network);

		if (bits < 0)
			return false;
		*found |= address != NULL && is_in(address, network, bits);
	}
	return true;
}

bool
pur_networks_have(const char *list, const char *address)
{
	unsigned char a[PUR_NETWORK];
	bool found = false;

	return address != NULL && read_address(address, a) != 0 && look(list, a, &found) && found;
}

bool
pur_networks_valid(const char *list)
{
	bool found = false;

	return look(list, NULL, &found);
}
