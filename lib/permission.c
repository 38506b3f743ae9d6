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

static unsigned
roles_of(const char *permission, size_t len)
{
	const char *colon = memchr(permission, ':', len);
	size_t resource = colon != NULL ? (size_t)(colon - permission) : 0,
	       verb = len - resource - 1;

	if (resource == 0 || verb == 0)
		return 0;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (fits(rules[i].resource, permission, resource) &&
		    fits(rules[i].verb, colon + 1, verb))
			return rules[i].roles;
	}
	return 0;
}

unsigned
pur_permission_roles(const char *permission)
{
	unsigned all = 0;

	if (strcmp(permission, "any") == 0)
		return PUR_ALL_ROLES;
	for (const char *p = permission;; p++) {
		size_t len = strcspn(p, " ");
		unsigned roles = roles_of(p, len);

		if (roles == 0)
			return 0;
		all |= roles;
		p += len;
		if (*p == '\0')
			return all;
	}
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

/* What a scope to write doesn't include: to write clients is not to read, export or erase them. */
static bool
stands_alone(const char *verb, int len)
{
	return fits("read", verb, (size_t)len) || fits("export", verb, (size_t)len) ||
	       fits("erase", verb, (size_t)len);
}

void
pur_permission_scopes(const char *permission, char *words, int size)
{
	int end = 0;

	words[0] = '\0';
	for (const char *p = permission; *p != '\0' && end < size; p += *p == ' ') {
		int len = (int)strcspn(p, " "), resource = (int)strcspn(p, ":");
		bool alone = resource < len && stands_alone(p + resource + 1, len - resource - 1);

		if (resource < len)
			end +=
			    snprintf(words + end, (size_t)(size - end), "%s%.*s%s%.*s%s %.*s:*",
				     end > 0 ? " " : "", len, p, alone ? "" : " ",
				     alone ? 0 : resource, p, alone ? "" : ":write", resource, p);
		p += len;
	}
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
