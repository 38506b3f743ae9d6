/* permission: the table of who may do what. */
#include "permission.h"
#include <stdio.h>
#include <string.h>

static const char *const role_names[] = { "owner", "admin",      "manager",
					  "staff", "accountant", "viewer" };

#define LEADERS (PUR_OWNER | PUR_ADMIN | PUR_MANAGER)
#define CREW (LEADERS | PUR_STAFF)

/* The first that fits decides. */
static const struct {
	const char *resource; /* "*": any */
	const char *verb;
	unsigned roles;
} rules[] = {
	/* What is done at the counter every day. */
	{ "orders", "read", PUR_ALL_ROLES },
	{ "orders", "*", CREW },
	{ "inventory", "write", CREW },
	{ "clients", "write", CREW | PUR_ACCOUNTANT },
	/* Who works here, and how the business is run. */
	{ "users", "read", LEADERS },
	{ "users", "write", PUR_OWNER | PUR_ADMIN },
	{ "settings", "write", PUR_OWNER | PUR_ADMIN },
	{ "tenant", "write", PUR_OWNER | PUR_ADMIN },
	/* Every resource without rules of its own. */
	{ "*", "read", PUR_ALL_ROLES },
	{ "*", "write", LEADERS },
};

static bool
fits(const char *rule, const char *word, size_t len)
{
	return strcmp(rule, "*") == 0 || (strncmp(rule, word, len) == 0 && rule[len] == '\0');
}

unsigned
pur_permission_roles(const char *permission)
{
	const char *colon = strchr(permission, ':');

	if (strcmp(permission, "any") == 0)
		return PUR_ALL_ROLES;
	if (colon == NULL || colon == permission || colon[1] == '\0')
		return 0;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (fits(rules[i].resource, permission, (size_t)(colon - permission)) &&
		    fits(rules[i].verb, colon + 1, strlen(colon + 1)))
			return rules[i].roles;
	}
	return 0;
}

void
pur_roles_words(unsigned roles, char *words, int size)
{
	int len = 0;

	words[0] = '\0';
	for (size_t i = 0; i < sizeof(role_names) / sizeof(role_names[0]); i++) {
		if ((roles & (1u << i)) != 0 && len < size)
			len += snprintf(words + len, (size_t)(size - len), "%s%s",
					len > 0 ? " " : "", role_names[i]);
	}
}
