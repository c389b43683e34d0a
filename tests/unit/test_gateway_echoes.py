"""What a model's API says is shown only where the key is in it in no form."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.platform.gateway.echoes import repeats

KEY = 'sk-Up/k+y=&<"q&7654321'
FORMS = {
    "as it is": KEY,
    "in another case": KEY.upper(),
    "for a URL": quote(KEY, safe=""),
    "twice for a URL": quote(quote(KEY, safe=""), safe=""),
    "in a query": quote_plus(KEY),
    "for HTML": html.escape(KEY),
    "in numbers for HTML": "".join(f"&#{ord(letter)};" for letter in KEY),
    "for JSON": json.dumps(KEY),
    "for JSON in JSON": json.dumps(json.dumps(KEY)),
    "in code points": "".join(f"\\u{ord(letter):04x}" for letter in KEY),
    "in base64": base64.b64encode(KEY.encode()).decode(),
    "in base64 with a word before": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    "in base64 with a colon before": base64.b64encode(f":{KEY}".encode()).decode(),
    "cut at its end": f"{KEY[:14]}...",
    "cut at its beginning": f"...{KEY[8:]}",
    "wrapped": f"{KEY[:11]}\n{KEY[11:]}",
    "in hex": KEY.encode().hex(),
    "in hex, cut": KEY.encode().hex().upper()[5:],
    "in base64, cut": base64.b64encode(KEY.encode()).decode()[:20],
    "in base64 for a URL": base64.urlsafe_b64encode(f"user:{KEY}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_seen_in_each_form(form: str) -> None:
    assert repeats(f"bad key {FORMS[form]} here.", KEY)


def test_what_says_no_key_is_shown() -> None:
    assert not repeats("messages[0].content: 100% too long & <odd> \\u00e9, see https://a.example/?q=%20", KEY)
    assert not repeats("Incorrect API key provided: sk-Up/k****4321.", KEY)
    assert not repeats("anything", "")
    assert not repeats("anything", None)


printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(printable, st.text(max_size=20), st.sampled_from(["", ":", "user:", "Bearer "]))
def test_whatever_key_it_is(key: str, around: str, before: str) -> None:
    for said in (key, html.escape(key), base64.b64encode(f"{before}{key}".encode()).decode()):
        assert repeats(f"{around} {said} {around}", key)
