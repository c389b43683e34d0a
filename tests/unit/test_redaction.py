"""No text for people repeats a secret of the call that it is about, in whatever form a service echoes it."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import grpc
import httpcore
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pulumi.runtime.proto import provider_pb2, status_pb2
from pulumi.runtime.proto import provider_pb2 as messages
from pulumi_agentrun.client import (
    Config,
    ModelClient,
    ModelServiceCreateInput,
    ModelServiceListInput,
    answers,
    errors,
    operations,
    redaction,
)
from pulumi_agentrun.client.config import resolve
from pulumi_agentrun.client.credentials import Credentials, chain
from pulumi_agentrun.client.flows import once
from pulumi_agentrun.client.kinds import SERVICE
from pulumi_agentrun.client.redaction import SECRETS, redact
from pulumi_agentrun.client.session import Session
from pulumi_agentrun.dynamic.provider import Hosted
from pulumi_agentrun.engine.failures import Status
from pulumi_agentrun.engine.log import Engine
from pulumi_agentrun.lifecycle.live import LifecycleError
from pulumi_agentrun.lifecycle.profiles import Accounts
from pulumi_agentrun.lifecycle.readers import PYTHON
from pulumi_agentrun.platform import Fault, Platform
from pulumi_agentrun.plugin import values
from pulumi_agentrun.plugin.provider import Provider
from pydantic import SecretStr


def escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def lower(text: str) -> str:
    return "".join(f"%{octet:02x}" for octet in text.encode())


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in JSON": escaped,
    "in JSON in JSON": lambda text: escaped(escaped(text)),
    "in JSON of Unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "in JSON with slashes escaped": lambda text: escaped(text).replace("/", "\\/"),
    "in JSON by Go": lambda text: "".join(f"\\u{ord(c):04x}" if c in "<>&" else c for c in escaped(text)),
    "in JSON by numbers": lambda text: "".join(f"\\u{ord(c):04X}" if ord(c) < 65536 else escaped(c) for c in text),
    "in a path": lambda text: urllib.parse.quote(text, safe=""),
    "in a URL": urllib.parse.quote,
    "in a form": urllib.parse.quote_plus,
    "in a URL in a URL": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "in a URL, in lower case": lower,
    "in HTML": html.escape,
    "in HTML of numbers": lambda text: "".join(f"&#x{ord(c):X};" for c in text),
    "in HTML in JSON": lambda text: escaped(html.escape(text)),
    "of bytes": lambda text: repr(text.encode())[2:-1],
}
WHOLE = st.characters(codec="utf-8")
long = st.text(WHOLE, min_size=8, max_size=24) | st.text("+/= \"'\\&<>%sk-7", min_size=8, max_size=24)
around = st.text(WHOLE | st.sampled_from('\\"%&;'), max_size=6)


@given(long, st.sampled_from(sorted(FORMS)), around, around)
@example('pa"ss\\w/ord', "in JSON in JSON", "", "")
@example("00000000", "in HTML of numbers", "0", "")
def test_a_secret_is_found_in_every_form(secret: str, form: str, before: str, behind: str) -> None:
    echoed = FORMS[form](secret)
    found = redact(f"{before}{echoed}{behind}", [secret])
    assert "[secret]" in found
    assert echoed not in found.replace("[secret]", "\0")
    if secret.lower() not in f"{before}{secret}".lower()[:-1]:  # else it begins in what is before it
        assert len(found) <= len(before) + len(behind) + len("[secret]")


ALPHABETS = [base64.b64encode, base64.urlsafe_b64encode]


@given(long, st.binary(max_size=7), st.binary(max_size=7), st.sampled_from(ALPHABETS))
@example("0000000003", b"\xcb\x00\x07\x00B\xce", b"\xec\xcf\x8f", base64.b64encode)
def test_a_secret_is_found_in_base64_at_any_offset(
    secret: str, before: bytes, behind: bytes, encode: Callable[[bytes], bytes]
) -> None:
    text = encode(before + secret.encode() + behind).decode()
    for echoed in (text, urllib.parse.quote(text, safe=""), text.replace("/", "\\/")):
        found = redact(f"<{echoed}>", [secret])
        assert "[secret]" in found
        shown = urllib.parse.unquote("".join(found.split("[secret]"))).replace("\\", "")
        # What is around it is shown: its own letters, those that the padding of the whole moves, and the two signs.
        assert len(shown) <= len(encode(before)) + len(encode(behind)) + 3 + len("<>")


KEY = "sk-proj-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCd"
PARTS: dict[str, Callable[[str], str]] = {
    "cut at its end": lambda key: f'{{"apiKey":"{key[:30]}...',
    "cut at its beginning": lambda key: f'...{key[14:]}"}} is not valid',
    "wrapped": lambda key: f"{key[:20]}\n    {key[20:]}",
    "without its prefix": lambda key: f"invalid token {key[3:]}",
    "masked in the middle": lambda key: f"{key[:16]}****{key[-16:]}",
    "in hex": lambda key: key.encode().hex(),
    "in hex, in capitals": lambda key: key.encode().hex().upper(),
    "cut, in hex": lambda key: key.encode().hex()[7:60],
    "cut, in base64": lambda key: base64.b64encode(b"Bearer " + key.encode()).decode()[:40],
    "cut, in capitals": lambda key: key.upper()[2:31],
    "cut, in a URL": lambda key: f"https://a.example/?key={key[:25]}&x=1",
}


@pytest.mark.parametrize("form", PARTS)
def test_a_good_part_of_a_secret_is_taken_out_too(form: str) -> None:
    """Found by an attack: who echoes a request cuts it off, wraps it, or shows its bytes."""
    found = redact(f"refused: {PARTS[form](KEY)}", [KEY])
    shown = found.replace("[secret]", " ").lower()
    octets = KEY.encode()
    for text in (KEY, octets.hex(), *(base64.b64encode(bytes(i) + octets).decode()[4:] for i in range(3))):
        least = 24 if text == octets.hex() else 17
        assert not any(text[i : i + least].lower() in shown for i in range(len(text) - least + 1)), found
    assert found.startswith("refused: ")


B64 = "Zk9+Qw3/Xt7=Bn5aYc2Re8TuOiPlKjHgFdSa4Hd1="
WOVEN: dict[str, Callable[[str], str]] = {
    "cut, for a URL": lambda key: urllib.parse.quote(key, safe="")[:-6],
    "cut, in HTML": lambda key: "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in key)[:-9],
    "cut, in code points": lambda key: "".join(f"\\u{ord(c):04x}" for c in key[:30]),
    "cut, by bytes of a URL": lambda key: lower(key[:30]),
    "in hex with colons": lambda key: key.encode().hex(":"),
    "in hex with blanks, cut": lambda key: key.encode().hex(" ")[:80],
    "in lines of ten": lambda key: "\n".join(key[i : i + 10] for i in range(0, len(key), 10)),
    "letter by letter": lambda key: " ".join(key),
}


@pytest.mark.parametrize("form", WOVEN)
@pytest.mark.parametrize("key", [KEY, B64])
def test_a_text_that_repeats_a_secret_so_that_it_cannot_be_taken_out_is_not_shown(form: str, key: str) -> None:
    found = redact(f"refused: {WOVEN[form](key)} is wrong", [key])
    bare = re.sub("[^A-Za-z0-9]", "", html.unescape(urllib.parse.unquote(found)))
    assert not any(re.sub("[^A-Za-z0-9]", "", key)[i : i + 12] in bare for i in range(len(key) - 15)), found
    assert "secret" in found


@given(st.text("abcdefgh0123456789-_", min_size=8, max_size=60), st.data())
def test_whatever_part_of_a_secret_is_shown_is_less_than_half_of_it(secret: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(secret) - 1))
    last = data.draw(st.integers(first + 1, len(secret)))
    shown = redact(f"({secret[first:last]})", [secret])
    if last - first >= min(12, max(8, len(secret) // 2)):
        assert shown == "([secret])"


class Sum:
    """What is known of a secret: the sum of its letters."""

    def __init__(self, secret: str) -> None:
        self._sum = hash(secret)

    def is_of(self, word: str) -> bool:
        return hash(word) == self._sum


@pytest.mark.parametrize(
    "said",
    ["key {} is old", 'apiKey="{}"', '{{\\"apiKey\\":\\"{}\\"}}', "the key is {}.", "?key={}&a=1", "Bearer:{}", "({})"],
)
def test_a_secret_of_which_only_a_fingerprint_is_known_is_taken_out_where_it_stands_by_itself(said: str) -> None:
    """Found by an attack: the key that a reference led to before stood in an error, and in state."""
    assert KEY not in redact(said.format(KEY), [Sum(KEY)])
    assert redact(said.format(KEY), [Sum(KEY[1:])]) == said.format(KEY)


def test_a_secret_too_short_to_be_one_leaves_words_whole() -> None:
    assert redact("a bad apple at a.example", ["a"]) == "[secret] bad apple at [secret].example"
    said = 'the key "local" of localhost, %22local%22'
    assert redact(said, ["local"]) == 'the key "[secret]" of localhost, %22[secret]%22'
    assert redact("nothing", ["", "x"]) == "nothing"


def test_what_no_person_reads_is_not_searched() -> None:
    assert redact("\\" * 65_000 + "sk-long-enough", ["sk-long-enough"]) == "\\" * 64_991 + "[secret]"
    assert redact("s" * 1_000_000, ["sk-long-enough"]) == "(a text of 1000000 characters)"


LIKE = "aAbB+/-_ \u212a\u017fkKsS"
"""Letters that stand for others: in base64, in URLs, and whatever their case, beyond ASCII too."""


@given(st.text(LIKE, min_size=6, max_size=12), st.text(LIKE, max_size=4), st.sampled_from([str.upper, str.swapcase]))
def test_no_text_is_passed_over_that_a_pattern_finds_a_secret_in(
    secret: str, around: str, changed: Callable[[str], str]
) -> None:
    coded = base64.b64encode(f"{around}{secret}{around}".encode()).decode()
    for said in (secret, changed(secret), secret.replace(" ", "+"), coded, changed(coded), coded.replace("+", "-")):
        text = f"{around}{said}{around}"
        assert redaction._may_hold(text, secret) or not redaction._pattern(secret).search(text)


@pytest.mark.parametrize("request_id", ["1B7F2C3D-8E11-5A77-9C55-0F2B5D1E9A10", "req_1"])
def test_an_answer_that_repeats_nothing_is_read_without_making_patterns(
    request_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One takes milliseconds, and what proves who sends a request is another for each."""
    monkeypatch.setattr(redaction, "_pattern", lambda secret: pytest.fail("a pattern"))
    sent = httpx.Request("GET", "https://a.example", extensions={SECRETS: (SECRET, "0123456789abcdef" * 4)})
    facts = {"status": "READY", "statusReason": "it is", "providerSettings": {"apiKey": BODY_KEY}}
    answer = httpx.Response(200, json={"code": "SUCCESS", "requestId": request_id, "data": facts}, request=sent)
    assert answers.read(operations.get(SERVICE, "a"), answer).request_id == request_id


BODY_KEY, SECRET, TOKEN, BEARER = 'sk-"body\\key/1', "access+key/secret==", "sts/token+1", "bearer.token/with+all"
PROPS = {
    "model_service_name": "a", "model_type": "llm", "provider": "p",
    "provider_settings": {"api_key": BODY_KEY, "base_url": "https://a.example", "model_names": ["m"]},
}  # fmt: skip
_ECHOED = ("as it is", "in JSON in JSON", "in a form", "in HTML in JSON")
ECHOED = {name: FORMS[name] for name in _ECHOED} | {
    "in base64": lambda text: base64.b64encode(f"x{text}".encode()).decode()
}


def shown(error: BaseException) -> str:
    """Return all that anybody may see of an error."""
    found = f"{error} {error!r} {error.args} {vars(error)}"
    return found + "".join(shown(more) for more in (error.__cause__, error.__context__) if more)


def in_no_form(text: str, *secrets: str) -> bool:
    return not any(form(secret) in text for form in FORMS.values() for secret in secrets)


@contextmanager
def echo(form: Callable[[str], str], seen: list[str]) -> Iterator[str]:
    """Serve what refuses every request with all that was in it, and what the client knows besides."""

    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            seen.append(str(self.headers))
            given = json.loads(body)["providerSettings"]["apiKey"] if body else ""
            sent = [given, SECRET, TOKEN, BEARER, self.headers.get("authorization", ""), *self.headers.values(), body]
            said = " ".join(form(text) for text in sent)
            content = json.dumps({"code": said, "message": said, "requestId": said}).encode()
            self.send_response(400)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            return

        do_POST = do_GET = answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


WHO: dict[str, dict[str, Any]] = {
    "access key": {"access_key_id": "STS.id", "access_key_secret": SecretStr(SECRET)},
    "temporary key": {
        "access_key_id": "STS.id", "access_key_secret": SecretStr(SECRET), "security_token": SecretStr(TOKEN),
    },
    "bearer token": {"bearer_token": SecretStr(BEARER)},
}  # fmt: skip


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("form", ECHOED.values(), ids=ECHOED.keys())
def test_no_error_of_the_client_repeats_what_was_sent(form: Callable[[str], str], who: str) -> None:
    seen: list[str] = []
    wanted = ModelServiceCreateInput.model_validate(PROPS)
    used = [value.get_secret_value() for value in WHO[who].values() if isinstance(value, SecretStr)]
    refused = pytest.raises(errors.ClientError)
    with echo(form, seen) as url, ModelClient(Config(endpoint=url, **WHO[who])) as client, refused as caught:
        client.create(wanted)
    with echo(form, seen) as url, pytest.raises(errors.ClientError) as also:
        asyncio.run(created_async(Config(endpoint=url, **WHO[who]), wanted))
    assert len(seen) == 2
    signatures = re.findall("Signature=(.*)", "".join(seen))
    for error in (caught.value, also.value):
        assert in_no_form(shown(error), BODY_KEY, *used, *signatures)
        assert "[secret]" in str(error) or redaction.REPEATS in str(error)  # in JSON in a form, say


async def created_async(config: Config, wanted: ModelServiceCreateInput) -> None:
    async with ModelClient(config) as client:
        await client.create_async(wanted)


@pytest.mark.parametrize("form", ECHOED.values(), ids=ECHOED.keys())
async def test_neither_door_repeats_a_key(form: Callable[[str], str], tmp_path: Path) -> None:
    """Not in an error, and not in the reason that a later request shows of what an earlier one has sent."""
    said = f"cannot use {form(BODY_KEY)}!"
    troubles = [
        Fault(operation="CreateModelService", status=400, code="ERR_BAD", message=said),
        Fault(operation="CreateModelService", outcome="CREATE_FAILED", reason=said),
    ]
    for number, trouble in enumerate(troubles):
        endpoint = f"file://{tmp_path}/{number}"
        with closing(Platform.open(tmp_path / str(number), {})) as platform:
            platform.inject(trouble)
            with pytest.raises(LifecycleError) as caught:
                hosted(endpoint).create(dict(PROPS))
            platform.inject(trouble)
            answered = await plugin_says(endpoint)
        assert in_no_form(shown(caught.value) + answered, BODY_KEY)
        assert "[secret]" in str(caught.value)
        assert "[secret]" in answered


def hosted(endpoint: str) -> Hosted:
    return Hosted(SERVICE, {"agentrun:endpoint": endpoint}.get)


class Answered(Exception):
    """What the engine is answered with."""


class Context:
    """The part of gRPC's that ends a call."""

    async def abort(self, code: grpc.StatusCode, text: str) -> None:
        raise Answered(text)

    async def abort_with_status(self, status: Status) -> None:
        failed = provider_pb2.ErrorResourceInitFailed()
        status_pb2.Status.FromString(status.trailing_metadata[0][1]).details[0].Unpack(failed)
        # State holds the key, as a secret.
        kept = {key: value for key, value in values.read(failed.properties).values.items() if key != "providerSettings"}
        raise Answered(f"{status.details} {list(failed.reasons)} {kept}")


async def plugin_says(endpoint: str) -> str:
    provider, context = Provider(Engine("127.0.0.1:9")), cast("Any", Context())
    args = values.write({"endpoint": endpoint})
    await provider.Configure(messages.ConfigureRequest(args=args), context)
    settings = {"apiKey": BODY_KEY, "baseUrl": "https://a.example", "modelNames": ["m"]}
    wanted = {"modelServiceName": "a", "modelType": "llm", "provider": "p", "providerSettings": settings}
    urn = "urn:pulumi:dev::p::agentrun:index:ModelService::svc"
    with pytest.raises(Answered) as caught:
        await provider.Create(messages.CreateRequest(urn=urn, properties=values.write(wanted)), context)
    return str(caught.value)


def test_an_answer_is_read_without_the_keys_that_it_shows_itself() -> None:
    facts = {"statusReason": f"bad key {BODY_KEY}", "status": "CREATE_FAILED", "providerSettings": {"apiKey": BODY_KEY}}
    one = answers.read(operations.get(SERVICE, "a"), httpx.Response(200, json={"code": "SUCCESS", "data": facts}))
    listed = httpx.Response(200, json={"code": "SUCCESS", "data": {"items": [facts]}})
    page = answers.read(operations.list_page(ModelServiceListInput()), listed)
    for found in (one, *page.items):
        assert found.status_reason == "bad key [secret]"
        assert found.to_state()["provider_settings"]["api_key"] == BODY_KEY


UNSENDABLE = {
    "s3cr3t-value\n": "has a line break", "s3cr3t\rvalue": "has a line break", "s3cr3t-value ": "ends with a blank",
    "\u00a0s3cr3t-value": "begins or ends", "s3cr3t-v\u00e4lue": "is not ASCII", "s3cr3t\x7fvalue": "control character",
    "s3cr3t\x00value": "control character",
}  # fmt: skip
PREFIXES = ("AGENTRUN", "ALIBABA_CLOUD")


@pytest.mark.parametrize(("value", "reason"), UNSENDABLE.items(), ids=map(repr, UNSENDABLE))
def test_a_credential_that_no_header_carries_is_named_and_not_shown(value: str, reason: str) -> None:
    for prefix in PREFIXES:
        names = [f"{prefix}_ACCESS_KEY_ID", f"{prefix}_ACCESS_KEY_SECRET", f"{prefix}_SECURITY_TOKEN"]
        for name in names:
            refused(name, reason, value, Config(), dict.fromkeys(names, "fine") | {name: value})
    refused("ALIBABA_CLOUD_BEARER_TOKEN", reason, value, Config(), {"ALIBABA_CLOUD_BEARER_TOKEN": value})
    refused("bearer_token", reason, value, Config(bearer_token=SecretStr(value)), {})
    settings = {"accessKeyId": "fine", "accessKeySecret": "fine", "securityToken": "fine"}
    for name in settings:
        given = {f"agentrun:{key}": text for key, text in (settings | {name: value}).items()}
        with pytest.raises(errors.ConfigError) as caught:
            Accounts(given.get, lambda text: None).place(None)
        assert re.search(rf"^agentrun:{name} .*{reason}", caught.value.told(PYTHON))
        assert "s3cr3t" not in shown(caught.value)
        profiles = {"agentrun:profiles": {"eu": settings | {name: value}}}
        with pytest.raises(errors.ConfigError) as caught:
            Accounts(profiles.get, lambda text: None).place("eu")
        assert re.search(rf"^agentrun:profiles\.eu\.{name} .*{reason}", caught.value.told(PYTHON))


def refused(name: str, reason: str, value: str, config: Config, environment: dict[str, str]) -> None:
    with pytest.raises(errors.ConfigError, match=f"^{name} .*{reason}") as caught:
        resolve(config, environment)
    assert "s3cr3t" not in shown(caught.value)


@pytest.mark.parametrize("error", [httpx.LocalProtocolError, httpcore.LocalProtocolError, httpx.ProxyError])
def test_no_text_of_a_lower_library_repeats_what_was_sent(error: type[Exception]) -> None:
    """Credentials of one's own may be anything; and a proxy says what it likes."""

    def fail() -> Credentials:
        raise error(f"407 Illegal header value {BEARER}")

    connection = resolve(Config(endpoint="http://127.0.0.1:9", access_key_id="i", access_key_secret=SecretStr("s")))
    session = Session(connection.model_copy(update={"credentials": fail}))
    with pytest.raises(errors.TransportError) as caught:
        session.run(once(operations.get(SERVICE, "a")))
    assert BEARER not in shown(caught.value)


def test_the_credential_chain_does_not_repeat_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from alibabacloud_credentials.client import Client

    def fail(self: Client) -> None:
        answer = "{'AccessKeySecret': 'of-a-role', \"SecurityToken\": \"of/it==\"}"
        raise ValueError(f"tried everything with {SECRET}, got {answer}")

    monkeypatch.setenv("ALIBABA_CLOUD_ECS_SECRET", SECRET)
    monkeypatch.setattr(Client, "get_credential", fail)
    source = chain()
    with pytest.raises(errors.ConfigError, match=r"tried everything with .secret., got") as caught:
        source()
    assert not {word for word in (SECRET, "of-a-role", "of/it") if word in str(caught.value)}
    assert caught.value.__suppress_context__
