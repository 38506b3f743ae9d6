/* retire: Deprecation, Sunset, and where to go instead. */
#include "retire.h"
#include "timefmt.h"
#include <string.h>

/* None yet. One line says it all: [1] = { .deprecated = "2030-01-01T00:00:00Z" }. */
const struct pur_retirement pur_versions[PUR_VERSIONS + 1] = { { .deprecated = NULL } };

static bool
read_time(const char *text, int64_t *micros)
{
	return pur_time_parse(text, strlen(text), micros) == 0;
}

const char *
pur_retirement_fault(const struct pur_retirement *r)
{
	int64_t deprecated, sunset;

	if (r->deprecated == NULL)
		return r->sunset != NULL || r->successor != NULL
			   ? "has a .sunset or .successor without .deprecated"
			   : NULL;
	if (!read_time(r->deprecated, &deprecated))
		return "its .deprecated is not a time";
	if (r->sunset != NULL && !read_time(r->sunset, &sunset))
		return "its .sunset is not a time";
	return r->sunset != NULL && sunset < deprecated ? "its .sunset is before .deprecated"
							: NULL;
}

void
pur_retirement_tell(struct pur_arena *a, struct pur_reply *reply,
		    const struct pur_retirement *route, const struct pur_retirement *version)
{
	const struct pur_retirement *r = route->deprecated != NULL ? route : version;
	struct pur_buf date = { .data = NULL };
	const char *text;
	int64_t when;

	if (r->deprecated == NULL || !read_time(r->deprecated, &when))
		return;
	text = pur_sprintf(a, "@%lld", (long long)(when / 1000000));
	if (text != NULL)
		pur_reply_header(reply, "Deprecation", text);
	if (r->sunset != NULL && read_time(r->sunset, &when)) {
		pur_time_put_http(&date, when);
		pur_buf_putc(&date, '\0');
		if (!pur_buf_failed(&date))
			pur_reply_header(reply, "Sunset", date.data);
		pur_buf_free(&date);
	}
	text = r->successor != NULL
		   ? pur_sprintf(a, "<%s>; rel=\"successor-version\"", r->successor)
		   : NULL;
	if (text != NULL)
		pur_reply_header(reply, "Link", text);
}
