/*
 * network: addresses of clients, and the networks they belong to.
 */
#ifndef PUR_NETWORK_H
#define PUR_NETWORK_H

#include <stdbool.h>

#define PUR_NETWORK 16 /* bytes of one; IPv4 as IPv6 maps it (RFC 4291, 2.5.5.2) */

/*
 * The network that one party has as a rule: the /64 of an IPv6 address, which is the least anybody
 * is given, and the /24 of an IPv4 address, since neighbours there are cheap to come by as well.
 * address: as text, NULL for none. Returns false for what is none.
 */
bool pur_network_of(const char *address, unsigned char network[PUR_NETWORK]);

/* Whether an address is in a list of addresses and networks: "127.0.0.1 2001:db8::/32". */
bool pur_networks_have(const char *list, const char *address);

/* Whether a text is such a list; the empty one is. */
bool pur_networks_valid(const char *list);

#endif
