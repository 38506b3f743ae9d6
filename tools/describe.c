/* describe: asks the programs of a folder for their tables. */
#include "command.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

struct json_object *
list_folder(const char *folder)
{
	struct json_object *names;
	struct dirent **found;
	int n = scandir(folder, &found, is_visible, alphasort);

	if (n < 0)
		return NULL;
	names = json_object_new_array();
	for (int i = 0; i < n; i++) {
		json_object_array_add(names, json_object_new_string(found[i]->d_name));
		free(found[i]);
	}
	free(found);
	return names;
}

const char *
name_at(struct json_object *names, size_t i)
{
	return json_object_get_string(json_object_array_get_idx(names, i));
}

struct json_object *
describe_program(const char *folder, const char *name)
{
	struct pur_buf out = { .data = NULL };
	struct json_object *o = NULL;
	char path[PATH_MAX];
	const char *argv[] = { path, "--describe", NULL };

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (run_program(argv, RUN_STDOUT, (uid_t)-1, &out) == 0)
		o = json_tokener_parse(out.data);
	pur_buf_free(&out);
	return o;
}

struct json_object *
describe_programs(const char *folder)
{
	struct json_object *names = list_folder(folder), *all = json_object_new_array();

	if (names == NULL)
		fprintf(stderr,
			"can't read the folder %s: name the one the programs are installed in\n",
			folder);
	for (size_t i = 0; names != NULL && i < json_object_array_length(names); i++) {
		struct json_object *one = describe_program(folder, name_at(names, i));

		if (one != NULL) {
			json_object_array_add(all, one);
			continue;
		}
		fprintf(stderr,
			"%s/%s --describe failed: is it a program of Purser, and built whole?\n",
			folder, name_at(names, i));
		json_object_put(names);
		names = NULL;
	}
	if (names == NULL) {
		json_object_put(all);
		return NULL;
	}
	json_object_put(names);
	return all;
}

const char *
text_of(struct json_object *o, const char *member)
{
	struct json_object *value;

	return json_object_object_get_ex(o, member, &value) ? json_object_get_string(value) : "";
}
