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
	/* All that is known of a person, or its end. */
	{ "clients", "export", PUR_OWNER | PUR_ADMIN },
	{ "clients", "erase", PUR_OWNER | PUR_ADMIN },
	{ "clients", "merge", LEADERS },
	/* Who works here, and how the business is run. */
	{ "users", "read", LEADERS },
	{ "users", "write", PUR_OWNER | PUR_ADMIN },
	{ "settings", "write", PUR_OWNER | PUR_ADMIN },
	{ "api-keys", "*", PUR_OWNER | PUR_ADMIN },
	{ "audit", "*", PUR_OWNER | PUR_ADMIN },
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

void
pur_permission_scopes(const char *permission, char *words, int size)
{
	const char *colon = strchr(permission, ':');
	int len = colon != NULL ? (int)(colon - permission) : 0;

	words[0] = '\0';
	if (colon == NULL)
		return;
	/* To write clients is not to export or erase them. */
	if (strcmp(colon, ":read") == 0 || strcmp(colon, ":export") == 0 ||
	    strcmp(colon, ":erase") == 0)
		snprintf(words, (size_t)size, "%s %.*s:*", permission, len, permission);
	else
		snprintf(words, (size_t)size, "%s %.*s:write %.*s:*", permission, len, permission,
			 len, permission);
}

bool
pur_scope_valid(const char *scope)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
	size_t len = strspn(scope, letters);
	const char *verb = scope + len + 1;

	if (len == 0 || scope[len] != ':')
		return false;
	return strcmp(verb, "*") == 0 || (verb[0] != '\0' && verb[strspn(verb, letters)] == '\0');
}
