/*
 * csv: rows as comma-separated values (RFC 4180), safe to open in a spreadsheet.
 *
 * A text that begins with '=', '+', '-', '@', tab or CR could be taken for a formula: it gets an
 * apostrophe before it. Nested values stand in their cell as JSON; money is in minor units.
 */
#ifndef PUR_CSV_H
#define PUR_CSV_H

#include "row.h"

/* Writes the names of a result's columns as the first line. */
void pur_csv_head(struct pur_buf *b, const PGresult *r, const struct pur_row_style *style);

/* Writes one row. Returns PUR_OK, or PUR_EINTERNAL for a type that isn't written. */
enum pur_rc pur_csv_row(struct pur_buf *b, const PGresult *r, int row,
			const struct pur_row_style *style) PUR_MUST;

#endif
