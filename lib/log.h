/*
 * log: one JSON object a line, to one file that all programs share (or stderr).
 *
 * A line is written with a single write(2) on a descriptor opened O_APPEND and is at most 4096
 * bytes, so lines of many processes never mix; longer values are cut. A line that cannot be
 * written (full disk) is dropped: logging never fails a request. Nothing that a client typed in
 * a body or query string, and no secret, may be passed here.
 */
#ifndef PUR_LOG_H
#define PUR_LOG_H

#include <stdint.h>

enum pur_level { PUR_DEBUG, PUR_INFO, PUR_WARNING, PUR_ERROR };

/* One key and its value in a line. */
struct pur_log_item {
	const char *key;
	const char *text; /* the value, when not NULL */
	int64_t number;   /* the value otherwise */
	int is_text;      /* with text NULL: the item is left out */
};

#define PUR_TEXT_ITEM(k, v) ((struct pur_log_item){ .key = (k), .text = (v), .is_text = 1 })
#define PUR_INT_ITEM(k, v) ((struct pur_log_item){ .key = (k), .number = (v) })

/*
 * Opens the log. path: the file, created 0640 if missing; NULL or "": stderr. program: a name
 * that stands in every line. Levels under `least` are left out. Returns 0, or -1 with errno set
 * (the log then goes to stderr). Before the first call the log goes to stderr.
 */
int pur_log_open(const char *program, const char *path, enum pur_level least);

/* Opens the file again, after logrotate has moved it. */
void pur_log_reopen(void);

/*
 * Writes {"time":...,"level":...,"program":...,"pid":...,"msg":msg, items...}.
 * pur_log(PUR_INFO, "listening", PUR_INT_ITEM("descriptor", 0));
 */
#define pur_log(level, msg, ...)                                                                   \
	pur_log_write((level), (msg),                                                              \
		      (const struct pur_log_item[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })

/* items: up to one with a NULL key. Use pur_log(). */
void pur_log_write(enum pur_level level, const char *msg, const struct pur_log_item *items);

#endif
