/*
 * log: lines put together on the stack and written with one write(2).
 */
#include "log.h"

#include "buf.h"
#include "json.h"
#include "timefmt.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define VALUE_MAX_BYTES 1024 /* of one text, so that a long one leaves room for the rest */
#define ELLIPSIS "\xe2\x80\xa6"

static struct {
	char program[32];
	char path[PATH_MAX]; /* "" for stderr */
	int descriptor;
	enum pur_level least;
	int torn; /* the last line lost its end to a full disk */
} state = { .descriptor = STDERR_FILENO, .least = PUR_DEBUG };

static const char *const level_names[] = {
	[PUR_DEBUG] = "debug",
	[PUR_INFO] = "info",
	[PUR_WARNING] = "warning",
	[PUR_ERROR] = "error",
};

static int
open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

static void
use_descriptor(int descriptor)
{
	if (state.descriptor != STDERR_FILENO)
		close(state.descriptor);
	state.descriptor = descriptor;
	state.torn = 0;
}

int
pur_log_open(const char *program, const char *path, enum pur_level least)
{
	int descriptor;

	snprintf(state.program, sizeof(state.program), "%s", program);
	state.least = least;
	state.path[0] = '\0';
	use_descriptor(STDERR_FILENO);
	if (path == NULL || path[0] == '\0')
		return 0;
	if (strlen(path) >= sizeof(state.path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	descriptor = open_file(path);
	if (descriptor < 0)
		return -1;
	memcpy(state.path, path, strlen(path) + 1);
	use_descriptor(descriptor);
	return 0;
}

void
pur_log_reopen(void)
{
	int descriptor;

	if (state.path[0] == '\0')
		return;
	descriptor = open_file(state.path);
	/* The old file is still better than none. */
	if (descriptor >= 0)
		use_descriptor(descriptor);
}

/* Bytes that one byte takes at most once it is escaped. */
static size_t
escaped_size(unsigned char c)
{
	if (c < 0x20)
		return 6;
	if (c >= 0x80)
		return 3; /* U+FFFD, should it not be UTF-8 */
	return c == '"' || c == '\\' ? 2 : 1;
}

/* How much of a text surely fits into `room` bytes, without cutting a character in two. */
static size_t
fitting(const char *text, size_t room)
{
	size_t n = 0, size = 0;

	while (text[n] != '\0') {
		size += escaped_size((unsigned char)text[n]);
		if (size > room)
			break;
		n++;
	}
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* Writes a text as a string of at most `room` bytes with its quotes. */
static void
put_text(struct pur_buf *b, const char *text, size_t room)
{
	char cut[VALUE_MAX_BYTES + sizeof(ELLIPSIS)];
	size_t len;

	room -= 2;
	if (room > VALUE_MAX_BYTES)
		room = VALUE_MAX_BYTES;
	len = fitting(text, room);
	if (text[len] == '\0') {
		pur_json_put_string(b, text, len);
		return;
	}
	len = fitting(text, room - strlen(ELLIPSIS));
	memcpy(cut, text, len);
	memcpy(cut + len, ELLIPSIS, strlen(ELLIPSIS));
	pur_json_put_string(b, cut, len + strlen(ELLIPSIS));
}

/* Writes one member, or nothing when too little room is left for it. */
static void
put_item(struct pur_buf *b, const struct pur_log_item *item)
{
	/* Comma, quotes, colon; the longest number; and "}\n" that ends the line. */
	size_t taken = b->len + strlen(item->key) + 4 + 20 + 2;
	int first = 0;

	if (taken > b->cap || (item->is_text && item->text == NULL))
		return;
	pur_json_put_name(b, &first, item->key);
	if (item->text != NULL)
		put_text(b, item->text, b->cap - taken + 20);
	else
		pur_buf_put_int(b, item->number);
}

static void
put_head(struct pur_buf *b, enum pur_level level, const char *msg)
{
	/* A line that lost its end must not take this one with it. */
	if (state.torn)
		pur_buf_putc(b, '\n');
	pur_buf_puts(b, "{\"time\":\"");
	pur_time_put(b, pur_time_now());
	pur_buf_putc(b, '"');
	put_item(b, &PUR_TEXT_ITEM("level", level_names[level]));
	put_item(b, &PUR_TEXT_ITEM("program", state.program));
	put_item(b, &PUR_INT_ITEM("pid", getpid()));
	put_item(b, &PUR_TEXT_ITEM("msg", msg));
}

static void
write_line(const struct pur_buf *b)
{
	ssize_t n;

	do
		n = write(state.descriptor, b->data, b->len);
	while (n < 0 && errno == EINTR);
	/* A short write is not completed: another process may have written behind it by now. */
	if (n > 0)
		state.torn = (size_t)n < b->len;
}

void
pur_log_write(enum pur_level level, const char *msg, const struct pur_log_item *items)
{
	char line[LINE_MAX_BYTES];
	struct pur_buf b = { .data = line, .cap = sizeof(line), .ceiling = sizeof(line) };
	int error = errno;

	if (level < state.least)
		return;
	put_head(&b, level, msg);
	for (; items != NULL && items->key != NULL; items++)
		put_item(&b, items);
	pur_buf_puts(&b, "}\n");
	write_line(&b);
	errno = error;
}
