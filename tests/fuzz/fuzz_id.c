/*
 * fuzz_id: UUIDs as text and back, both ways.
 */
#include "fuzz.h"
#include "id.h"

#include <strings.h>

/* Any 16 bytes are a UUID that is written and read back. */
static void
writes_ids(const uint8_t *data, size_t size)
{
	struct pur_uuid id = { { 0 } }, back;
	char *text = malloc(PUR_UUID_TEXT);

	HOLDS(text != NULL);
	memcpy(id.b, data, size < sizeof(id.b) ? size : sizeof(id.b));
	pur_uuid_format(&id, text);
	HOLDS(pur_uuid_parse(text, PUR_UUID_TEXT, &back) == 0);
	HOLDS(memcmp(&back, &id, sizeof(id)) == 0);
	free(text);
}

/* What is read is what is written, up to case; what isn't read leaves `out` alone. */
static void
reads_texts(const char *text, size_t len)
{
	static const struct pur_uuid untouched = { "no id was read" };
	struct pur_uuid id = untouched;
	char back[PUR_UUID_TEXT];

	if (pur_uuid_parse(text, len, &id) != 0) {
		HOLDS(memcmp(&id, &untouched, sizeof(id)) == 0);
		return;
	}
	pur_uuid_format(&id, back);
	HOLDS(len == PUR_UUID_TEXT && strncasecmp(text, back, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	writes_ids(data, size);
	reads_texts((const char *)data, size);
	for (size_t i = 0; i < size; i++) {
		int digit = pur_hex_value((char)data[i]);

		HOLDS(digit >= -1 && digit < 16);
		HOLDS((digit >= 0) ==
		      (data[i] != 0 && strchr("0123456789abcdefABCDEF", data[i]) != NULL));
	}
	return 0;
}
