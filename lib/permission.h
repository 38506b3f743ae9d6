/*
 * permission: who may do what, in one table for the whole house.
 *
 * A route names a permission, "orders:approve". The first rule that fits it decides which roles
 * have it; rules for '*' at the end serve every resource that needs nothing of its own.
 */
#ifndef PUR_PERMISSION_H
#define PUR_PERMISSION_H

#include <stdbool.h>

/* The roles of contract v1, as bits. */
enum pur_role {
	PUR_OWNER = 1 << 0,
	PUR_ADMIN = 1 << 1,
	PUR_MANAGER = 1 << 2,
	PUR_STAFF = 1 << 3,
	PUR_ACCOUNTANT = 1 << 4,
	PUR_VIEWER = 1 << 5,
	PUR_ALL_ROLES = (1 << 6) - 1,
};

/*
 * The roles that have a permission ("orders:read", or "any"); 0 for an ill-formed one. Of several,
 * separated by spaces, any one will do.
 */
unsigned pur_permission_roles(const char *permission);

/*
 * The scopes of an API key that would do for a permission: "orders:approve orders:write orders:*".
 * None for "any", which is for people.
 */
void pur_permission_scopes(const char *permission, char *words, int size);

/* True for something that can be a scope: "orders:read", "products:*". */
bool pur_scope_valid(const char *scope);

/* Writes the names of roles, "owner admin manager"; at most `size` bytes with the NUL. */
void pur_roles_words(unsigned roles, char *words, int size);

#endif
