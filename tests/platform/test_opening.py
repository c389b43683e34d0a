"""A server that cannot start says why, in one sentence, and what to do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SECRET = "the-secret-of-ak"


def start(folder: Path, *options: str, **environment: str) -> tuple[int, str, str]:
    """Run the server, which is not to start, and return its exit code and what it said."""
    command = [sys.executable, "-m", "pulumi_agentrun.platform", "--data", str(folder / "data"), *options]
    env = {**os.environ, "AGENTRUN_PLATFORM_CREDENTIAL": f"ak:{SECRET}", **environment}
    done = subprocess.run(
        command, cwd=folder, env=env, text=True, capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL
    )
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def files(tmp_path: Path, certificate: Any) -> Path:
    """A folder with things that are not what they are taken for."""
    (tmp_path / "text").write_text("no certificate, no key, no directory\n")
    (tmp_path / "binary").write_bytes(bytes(range(128, 256)))
    (tmp_path / "empty").touch()
    for name in ("text", "binary", "empty"):
        (tmp_path / name).chmod(0o600)
    (tmp_path / "spoiled").mkdir()
    (tmp_path / "spoiled" / "platform.db").write_bytes(b"no database" * 100)
    shutil.copy(certificate.certificate, tmp_path / "cert.pem")
    shutil.copy(certificate.key, tmp_path / "key.pem")
    other = ec.generate_private_key(ec.SECP256R1())
    for name, lock in (
        ("other.pem", serialization.NoEncryption()), ("locked.pem", serialization.BestAvailableEncryption(b"x")),
    ):  # fmt: skip
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
        (tmp_path / name).write_bytes(other.private_bytes(*form))
    return tmp_path


TROUBLES: list[tuple[tuple[str, ...], str]] = [
    (("--data", "text"), "--data text cannot be used: "),
    (("--data", "text/below"), "--data text/below cannot be used: Not a directory."),
    (("--data", "spoiled"), "--data spoiled holds no platform that can be read: file is not a database."),
    (("--tls-cert", "none.pem", "--tls-key", "key.pem"), "--tls-cert none.pem cannot be read: No such file"),
    (("--tls-cert", "cert.pem", "--tls-key", "none.pem"), "--tls-key none.pem cannot be read: No such file"),
    (("--tls-cert", "spoiled", "--tls-key", "key.pem"), "--tls-cert spoiled cannot be read: Is a directory."),
    (("--tls-cert", "text", "--tls-key", "key.pem"), "--tls-cert text is no certificate in PEM form."),
    (("--tls-cert", "empty", "--tls-key", "key.pem"), "--tls-cert empty is no certificate in PEM form."),
    (("--tls-cert", "cert.pem", "--tls-key", "text"), "--tls-key text is no private key in PEM form"),
    (("--tls-cert", "cert.pem", "--tls-key", "locked.pem"), "in PEM form, or it is encrypted."),
    (("--tls-cert", "cert.pem", "--tls-key", "other.pem"), "other.pem is not the key of --tls-cert cert.pem."),
    (("--host", "no-such-host.invalid"), "--host no-such-host.invalid is not known: give"),
    (("--host", "a" * 64), f"--host {'a' * 64} is not known"),
    (("--host", "192.0.2.1"), "--host 192.0.2.1 is no address of this machine"),
]
MISUSES: list[tuple[tuple[str, ...], str]] = [
    (("--port", "99999"), "argument --port: must be a whole number from 0 to 65535"),
    (("--port", "abc"), "argument --port: must be a whole number from 0 to 65535"),
    (("--port", "-1"), "--port"),
    (("--port=-1",), "argument --port: must be a whole number from 0 to 65535"),
    (("--credential-file", "spoiled"), "--credential-file spoiled: it is no regular file"),
    (("--credential-file", "binary"), "--credential-file binary: it is not text"),
    (("--credential-file", "empty"), "--credential-file empty: it is empty"),
    (("--credential-file", "text"), "is not of the form ID:SECRET"),
    (("--credential-file", "none/below/file"), "--credential-file none/below/file: No such file"),
]


@pytest.mark.parametrize(("options", "sentence"), TROUBLES, ids=[" ".join(options) for options, _ in TROUBLES])
def test_what_cannot_be_had_is_said_in_one_sentence(files: Path, options: tuple[str, ...], sentence: str) -> None:
    code, output, said = start(files, *options)
    assert (code, output) == (1, "")
    assert said.startswith("error: ")
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(("options", "sentence"), MISUSES, ids=[" ".join(options) for options, _ in MISUSES])
def test_a_command_line_that_makes_no_sense_is_misused(files: Path, options: tuple[str, ...], sentence: str) -> None:
    code, output, said = start(files, *options)
    assert (code, output) == (2, "")
    assert sentence in said.splitlines()[-1]


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, _, said = start(tmp_path, "--port", str(port))
    assert code == 1
    assert said == f"error: Port {port} is in use on 127.0.0.1: give another --port; 0 takes a free one.\n"


@pytest.mark.parametrize("module", ["starlette", "uvicorn"])
def test_a_missing_extra_is_named_with_what_installs_it(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError('No module named {module}', name={module!r})\n")
    code, _, said = start(tmp_path, PYTHONPATH=str(tmp_path))
    assert code == 1
    assert said == f"error: {module} is not installed, which serving needs: pip install 'pulumi-agentrun[platform]'\n"
