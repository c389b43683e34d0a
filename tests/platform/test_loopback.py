"""What the platform takes for this machine: addresses and one name, never a name that only looks like an address."""

from __future__ import annotations

import pytest
from pulumi_agentrun.platform.loopback import is_loopback, is_to_loopback


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.3.3.3", "::1", "[::1]"])
def test_this_machine_has_several_names(host: str) -> None:
    assert is_loopback(host)
    assert is_to_loopback(host)


@pytest.mark.parametrize(
    "host", ["127.evil.example", "127.0.0.1.nip.io", "localhost.", "0.0.0.0", "10.0.0.1", "::2", ""]
)
def test_a_name_that_looks_like_it_is_another(host: str) -> None:
    assert not is_loopback(host)
    assert not is_to_loopback(host)


@pytest.mark.parametrize(
    ("header", "is_here"),
    [
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("localhost:", False),
        ("localhost:80@evil.example", False),
        ("evil.example:80", False),
        ("127.0.0.1:80:80", False),
    ],
)
def test_a_host_header_may_have_a_port_and_nothing_else(header: str, is_here: bool) -> None:
    assert is_to_loopback(header) is is_here
