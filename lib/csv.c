/* csv: cells and lines. */
#include "csv.h"
#include "oid.h"
#include <string.h>

/* A cell: in quotes where it needs them, each quote in it doubled. */
static void
put_cell(struct pur_buf *b, const char *s, size_t len, bool text)
{
	bool formula = text && len > 0 && strchr("=+-@\t\r", s[0]) != NULL;
	bool quoted = len > 0 && (s[0] == ' ' || s[len - 1] == ' ');

	for (size_t i = 0; i < len && !quoted; i++)
		quoted = strchr(",\"\r\n", s[i]) != NULL;
	if (quoted)
		pur_buf_putc(b, '"');
	if (formula)
		pur_buf_putc(b, '\'');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			pur_buf_putc(b, '"');
		pur_buf_putc(b, s[i]);
	}
	if (quoted)
		pur_buf_putc(b, '"');
}

void
pur_csv_head(struct pur_buf *b, const PGresult *r, const struct pur_row_style *style)
{
	bool first = true;

	for (int i = 0; i < PQnfields(r); i++) {
		const char *name = PQfname(r, i);

		if (!pur_row_shows(name, style))
			continue;
		if (!first)
			pur_buf_putc(b, ',');
		first = false;
		put_cell(b, name, strlen(name), false);
	}
	pur_buf_puts(b, "\r\n");
}

static bool
is_text(Oid type)
{
	return type == PUR_OID_TEXT || type == PUR_OID_VARCHAR || type == PUR_OID_BPCHAR;
}

static enum pur_rc
put_column(struct pur_buf *b, const PGresult *r, int row, int i, const struct pur_row_style *style)
{
	struct pur_buf json = { .data = NULL };
	enum pur_rc rc;

	if (PQgetisnull(r, row, i))
		return PUR_OK;
	if (is_text(PQftype(r, i))) {
		put_cell(b, PQgetvalue(r, row, i), (size_t)PQgetlength(r, row, i), true);
		return PUR_OK;
	}
	rc = pur_row_put_value(&json, r, row, i, style);
	if (rc == PUR_OK && pur_buf_failed(&json))
		rc = PUR_EINTERNAL;
	if (rc == PUR_OK) {
		/* Ids and times have nothing to undo; what is JSON already stays it. */
		bool string =
		    json.len >= 2 && json.data[0] == '"' && PQftype(r, i) != PUR_OID_JSONB;

		put_cell(b, json.data + string, json.len - 2 * (size_t)string, false);
	}
	pur_buf_free(&json);
	return rc;
}

enum pur_rc
pur_csv_row(struct pur_buf *b, const PGresult *r, int row, const struct pur_row_style *style)
{
	bool first = true;

	for (int i = 0; i < PQnfields(r); i++) {
		if (!pur_row_shows(PQfname(r, i), style))
			continue;
		if (!first)
			pur_buf_putc(b, ',');
		first = false;
		if (put_column(b, r, row, i, style) != PUR_OK)
			return PUR_EINTERNAL;
	}
	pur_buf_puts(b, "\r\n");
	return PUR_OK;
}
