"""The embedded platform behind a small HTTP server in the test's own process, which sees every call come and go."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from e2e.project import Project
from pulumi_agentrun.client import Config, ModelClient, ModelProxyListInput, ModelServiceListInput
from pulumi_agentrun.platform import ConnectionDropped, Platform
from pydantic import SecretStr

CREDENTIALS = {"id": "served-secret"}

Hook = Callable[[int, str], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet about clients that were killed."""


class ServedPlatform:
    """Serve a platform's data on 127.0.0.1; `hook(index, "before" | "after")` runs around each call's effect."""

    def __init__(self, data: Path, hook: Hook | None = None, port: int = 0) -> None:
        self.calls: list[tuple[str, str]] = []
        self._hook = hook or (lambda index, moment: None)
        self._lock = threading.Lock()
        self._platform = Platform.open(data, CREDENTIALS)
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                served._answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self._server = _Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ServedPlatform:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        with self._lock:
            index = len(self.calls)
            self.calls.append((request.command, request.path))
        self._hook(index, "before")
        try:
            answer = self._platform.handle(request.command, request.path, request.headers.items(), body)
        except ConnectionDropped:
            request.close_connection = True
            return
        self._hook(index, "after")
        try:
            request.send_response(answer.status)
            for name, value in answer.headers:
                if name.lower() != "content-length":
                    request.send_header(name, value)
            request.send_header("content-length", str(len(answer.body)))
            request.end_headers()
            request.wfile.write(answer.body)
        except OSError:
            request.close_connection = True  # whoever asked was killed


class Stage:
    """A project whose platform is served, so that calls can be counted and processes killed in between."""

    def __init__(self, folder: Path, door: str = "dynamic") -> None:
        self.project = Project(folder, folder.parent / "home", door=door)
        self.project.pulumi("config", "rm", "agentrun:endpoint")
        secret = CREDENTIALS["id"]
        self.project.env |= {"AGENTRUN_ACCESS_KEY_ID": "id", "AGENTRUN_ACCESS_KEY_SECRET": secret}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
            """Where its platform is served each time, for state remembers the address."""

    def serve(self, served: ServedPlatform) -> None:
        """Let the project use a served platform."""
        self.project.env["AGENTRUN_CONTROL_ENDPOINT"] = served.url
        self.config = Config(endpoint=served.url, access_key_id="id", access_key_secret=SecretStr(CREDENTIALS["id"]))

    def copy(self, folder: Path) -> Stage:
        """Return a stage of its own with the same state, program and platform."""
        stage = object.__new__(Stage)
        stage.port = self.port
        stage.project = object.__new__(Project)
        stage.project.__dict__ |= self.project.__dict__
        shutil.copytree(self.project.folder, folder)
        stage.project.folder, stage.project.data = folder, folder / "platform"
        stage.project.event_log = folder / "events.json"
        stage.project.env = self.project.env | {"PULUMI_BACKEND_URL": f"file://{folder / 'state'}"}
        return stage

    def live(self) -> dict[str, object]:
        with ModelClient(self.config) as client:
            services = client.iterate(ModelServiceListInput())
            found: dict[str, object] = {str(s.model_service_name): str(s.provider) for s in services}
            found |= {str(p.model_proxy_name): p.description for p in client.iterate(ModelProxyListInput())}
        return found
