"""JSONTestSuite (github.com/nst/JSONTestSuite) against every route that a body can be sent to: what
RFC 8259 allows is understood, what it doesn't is invalid_json, and where the contract asks for more
than the RFC, or the RFC leaves it open, what happens stands here file by file."""

import json
import re

import pytest

from support.corpora import json_suite
from support.routes import MISSING, all_routes
from support.sizes import SAMPLE_EVERY
from support.wire import compose, volley

CALM = True

writes = pytest.mark.routes(lambda r: r.writes)

# How a refusal begins, without the place that it names.
DUPLICATE, NUL, SURROGATE = "Duplicate member", "U+0000 is not allowed", "Lone surrogate"
NO_UTF8, DEEP, ODD = "Not UTF-8", "Nested deeper than 16", "Unexpected character"

# Right by the RFC, but not by the contract.
STRICTER = {
    "y_object_duplicated_key.json": DUPLICATE,
    "y_object_duplicated_key_and_value.json": DUPLICATE,
    "y_object_escaped_null_in_key.json": NUL,
    "y_string_null_escape.json": NUL,
}

# As good as no body at all: what is required is missing then, if anything is.
LIKE_NONE = ("n_structure_no_data.json", "y_object_empty.json")

TAKEN = None  # it is JSON: what it says is judged, not how

# What the RFC leaves to the parser.
OPEN = {
    # Numbers of any size are numbers; the field refuses them.
    "i_number_double_huge_neg_exp.json": TAKEN,
    "i_number_huge_exp.json": TAKEN,
    "i_number_neg_int_huge_exp.json": TAKEN,
    "i_number_pos_double_huge_exp.json": TAKEN,
    "i_number_real_neg_overflow.json": TAKEN,
    "i_number_real_pos_overflow.json": TAKEN,
    "i_number_real_underflow.json": TAKEN,
    "i_number_too_big_neg_int.json": TAKEN,
    "i_number_too_big_pos_int.json": TAKEN,
    "i_number_very_big_negative_int.json": TAKEN,
    "i_object_key_lone_2nd_surrogate.json": SURROGATE,
    "i_string_1st_surrogate_but_2nd_missing.json": SURROGATE,
    "i_string_1st_valid_surrogate_2nd_invalid.json": SURROGATE,
    "i_string_incomplete_surrogate_and_escape_valid.json": SURROGATE,
    "i_string_incomplete_surrogate_pair.json": SURROGATE,
    "i_string_incomplete_surrogates_escape_valid.json": SURROGATE,
    "i_string_invalid_lonely_surrogate.json": SURROGATE,
    "i_string_invalid_surrogate.json": SURROGATE,
    "i_string_inverted_surrogates_U+1D11E.json": SURROGATE,
    "i_string_lone_second_surrogate.json": SURROGATE,
    "i_string_UTF-8_invalid_sequence.json": NO_UTF8,
    "i_string_UTF8_surrogate_U+D800.json": NO_UTF8,
    "i_string_invalid_utf-8.json": NO_UTF8,
    "i_string_iso_latin_1.json": NO_UTF8,
    "i_string_lone_utf8_continuation_byte.json": NO_UTF8,
    "i_string_not_in_unicode_range.json": NO_UTF8,
    "i_string_overlong_sequence_2_bytes.json": NO_UTF8,
    "i_string_overlong_sequence_6_bytes.json": NO_UTF8,
    "i_string_overlong_sequence_6_bytes_null.json": NO_UTF8,
    "i_string_truncated-utf-8.json": NO_UTF8,
    "i_string_UTF-16LE_with_BOM.json": ODD,
    "i_string_utf16BE_no_BOM.json": ODD,
    "i_string_utf16LE_no_BOM.json": ODD,
    "i_structure_500_nested_arrays.json": DEEP,
    "i_structure_UTF-8_BOM_empty_object.json": ODD,
    # The suite's second part asks what parsers make of these.
    "number_-9223372036854775808.json": TAKEN,
    "number_-9223372036854775809.json": TAKEN,
    "number_1.0.json": TAKEN,
    "number_1.000000000000000005.json": TAKEN,
    "number_1000000000000000.json": TAKEN,
    "number_10000000000000000999.json": TAKEN,
    "number_1e-999.json": TAKEN,
    "number_1e6.json": TAKEN,
    "number_9223372036854775807.json": TAKEN,
    "number_9223372036854775808.json": TAKEN,
    "object_key_nfc_nfd.json": TAKEN,  # names are bytes: nothing is normalised
    "object_key_nfd_nfc.json": TAKEN,
    "object_same_key_different_values.json": DUPLICATE,
    "object_same_key_same_value.json": DUPLICATE,
    "object_same_key_unclear_values.json": DUPLICATE,
    "string_1_escaped_invalid_codepoint.json": SURROGATE,
    "string_1_invalid_codepoint.json": NO_UTF8,
    "string_2_escaped_invalid_codepoints.json": SURROGATE,
    "string_2_invalid_codepoints.json": NO_UTF8,
    "string_3_escaped_invalid_codepoints.json": SURROGATE,
    "string_3_invalid_codepoints.json": NO_UTF8,
    "string_with_escaped_NULL.json": NUL,
}


def files():
    """Name -> (bytes, how the refusal begins or TAKEN); all but those that are LIKE_NONE."""
    found = {}
    for name, data in {**json_suite()["parsing"], **json_suite()["transform"]}.items():
        if name in LIKE_NONE:
            continue
        if name.startswith("n_"):
            found[name] = (data, "")
        elif name.startswith("y_"):
            found[name] = (data, STRICTER.get(name, TAKEN))
        else:
            found[name] = (data, OPEN[name])
    return found


def test_the_whole_suite_is_there():
    names = {**json_suite()["parsing"], **json_suite()["transform"]}
    counts = {kind: sum(name.startswith(kind) for name in names) for kind in ("y_", "n_", "i_")}
    assert counts == {"y_": 95, "n_": 188, "i_": 35} and len(names) == 95 + 188 + 35 + 22
    assert {n for n in names if not n.startswith(("y_", "n_"))} == set(OPEN)
    assert {*STRICTER, *LIKE_NONE} <= set(names)


def asked(shop, route, body):
    """A request that rehearses only, so that {} ends no session."""
    headers = [*shop.owner.headers.items(), ("Content-Type", "application/json")]
    return route.method, compose(route.method, f"{route.at(MISSING)}?dry_run=true", headers, body)


@writes
def test_every_file(shop, route):
    """All of them where something is read from a body; some where none is wanted."""
    before, wanted = shop.footprint(), files()
    if not route.writable:
        wanted = dict(list(wanted.items())[::SAMPLE_EVERY])
    answers = volley(shop.owner, [asked(shop, route, data) for data, _ in wanted.values()])
    wrong = []
    for (name, (_, refusal)), answer in zip(wanted.items(), answers):
        if refusal is TAKEN:
            # None of them has a field of ours: each is refused for what it says.
            right = answer.refused(400, "validation_failed") and answer.json["details"]
        else:
            right = (answer.refused(400, "invalid_json") and answer.json["details"] == [] and
                     answer.json["message"].startswith(refusal))
        if not right:
            wrong.append((name, answer))
    assert wrong == []
    assert shop.footprint() == before


@writes
def test_no_body_and_an_empty_object_are_the_same(shop, route):
    suite = json_suite()["parsing"]
    answers = list(volley(shop.owner, [asked(shop, route, body) for body in
                                       (None, *(suite[name] for name in LIKE_NONE))]))
    # A rehearsal that changes nothing tells when it would have.
    said = {(a.status, re.sub(rb'"updated_at":"[^"]*"', b"", a.body)) for a in answers}
    assert len(said) == 1, answers
    required = any(f.get("required") for f in route.writable) and route.method != "PATCH"
    assert not required or answers[0].refused(400, "validation_failed")
    assert answers[0].status < 500 and b"invalid_json" not in answers[0].body


@pytest.mark.routes(lambda r: r.writable)
def test_every_beginning_of_a_good_body(shop, things, route):
    """A body that is cut off anywhere is no JSON."""
    body = json.dumps(things.body(route, all_of_them=True)).encode()
    cut = [body[:n] for n in range(1, len(body))]
    answers = volley(shop.owner, [asked(shop, route, part) for part in cut])
    assert [part for part, answer in zip(cut, answers)
            if not answer.refused(400, "invalid_json")] == []


def test_escapes_mean_what_they_say(shop, things):
    """The suite's strings, as they are written there, as a thing's name."""
    texts = {name: data for name, data in json_suite()["parsing"].items()
             if name.startswith("y_") and name not in STRICTER and
             re.match(rb'\s*\[\s*"', data) and len(json.loads(data)) == 1}
    route = next(r for r in all_routes() if r.method == "PATCH" and r.parts and
                 any(f["name"] == "name" and f["type"] == "text" for f in r.writable))
    path = route.at(things.refs(route))
    headers = [*shop.owner.headers.items(), ("Content-Type", "application/json")]
    literals = {name: (data.strip()[1:-1], json.loads(data)[0]) for name, data in texts.items()}
    literals = {name: pair for name, pair in literals.items() if pair[1]}  # a name isn't empty
    assert len(literals) > 25
    answers = volley(shop.owner, [("PATCH", compose("PATCH", path, headers, b'{"name":%s}' % text))
                                  for text, _ in literals.values()])
    for (name, (_, meant)), answer in zip(literals.items(), answers):
        assert answer.status == 200 and answer.data["name"] == meant, (name, answer)
    assert shop.owner.get(path).data["name"] == meant
