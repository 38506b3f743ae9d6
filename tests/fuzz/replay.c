/*
 * replay: a main() that gives a target each file of its corpus, or of those named as arguments, as
 * one test in TAP; libFuzzer's own main() stands in its place where the target is fuzzed.
 */
#include "fuzz.h"

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file's bytes in an allocation of just their size, so that reading past them is seen. */
static uint8_t *
read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	uint8_t *data;
	long len;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (len = ftell(file)) < 0)
		err(2, "%s", path);
	rewind(file);
	*size = (size_t)len;
	data = malloc(*size);
	if ((data == NULL && len > 0) || fread(data, 1, *size, file) != *size)
		err(2, "%s", path);
	fclose(file);
	return data;
}

/* A crash ends the process: the last file that was named did it. */
static void
replay_file(const char *path)
{
	size_t size;
	uint8_t *data = read_file(path, &size);

	printf("# %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static int
is_input(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int
replay_folder(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, is_input, alphasort);

	if (n < 0)
		err(2, "%s", folder);
	for (int i = 0; i < n; i++) {
		char *path;

		if (asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0)
			err(2, "%s", folder);
		replay_file(path);
		free(path);
		free(names[i]);
	}
	free(names);
	return n;
}

/* tests/fuzz/corpus/json is fuzz_json's. */
static int
replay_corpus(const char *program)
{
	const char *top = getenv("top_srcdir"), *name = strrchr(program, '/');
	char *folder;
	int n;

	name = name != NULL ? name + 1 : program;
	if (strncmp(name, "fuzz_", 5) != 0)
		errx(2, "%s is not named fuzz_<corpus>", program);
	if (asprintf(&folder, "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".", name + 5) < 0)
		err(2, "%s", name);
	n = replay_folder(folder);
	free(folder);
	return n;
}

int
main(int argc, char **argv)
{
	int n = argc - 1;

	printf("1..1\n");
	for (int i = 1; i < argc; i++)
		replay_file(argv[i]);
	if (argc == 1)
		n = replay_corpus(argv[0]);
	printf("%s 1 - %d inputs\n", n > 0 ? "ok" : "not ok", n);
	return n > 0 ? 0 : 1;
}
