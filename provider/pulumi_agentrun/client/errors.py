"""The errors that the client raises.

AgentRunError
├── ConfigError                     configuration is missing or contradicts itself
│   └── NoPlatformError             it names an embedded platform that nothing has made yet
├── InvalidArgumentError            a name that no resource can have
├── TransportError                  no whole answer arrived
├── NotReadyError                   a resource ended in *_FAILED, or took too long
│   ├── DeleteResourceError         it is not being deleted, though that was asked for
│   └── WaitTimeoutError            it took too long (a TimeoutError too)
├── StoppedError                    the person who waited has cancelled
└── HTTPError                       the service, or what stands before it, refused
    ├── ResourceAlreadyExistError   400, 409 or 500: the name is taken
    ├── UnexpectedAnswerError       any status: the body is not the API's envelope
    ├── ClientError                 4xx
    │   ├── AuthenticationError     the credentials are wrong, expired or not allowed to do this
    │   ├── RepeatedError           the request was sent twice on the way, and the first may have come about
    │   ├── ThrottledError          too many requests
    │   └── ResourceNotExistError   404 that is about this very resource
    └── ServerError                 5xx

Source of ResourceAlreadyExistError, ResourceNotExistError, ClientError, ServerError and HTTPError: agentrun-sdk 0.0.54,
which tells them apart by the text of any refusal. Here a 404 counts only if it is about this very resource, and
throttling is an error of its own as in alibabacloud-tea-openapi 0.4.6 (`exceptions.ThrottlingException`).
"""

from __future__ import annotations

from .wording import CLIENT, SLOWER, Message, Reader, Setting, Text, joined, tell


class AgentRunError(Exception):
    """Any failure of this package; its text says what to do next."""

    is_doubtful: bool = False
    """Whether what was asked may have been done all the same."""

    def __init__(self, message: Text) -> None:
        super().__init__(message)
        self._message = message

    def told(self, reader: Reader) -> str:
        """Return the error's text as a reader is told it."""
        return tell(self._message, reader)

    def __str__(self) -> str:
        return self.told(CLIENT)


class ConfigError(AgentRunError):
    """Configuration is missing or contradicts itself."""


class NoPlatformError(ConfigError):
    """Configuration names an embedded platform that nothing has made yet."""


class InvalidArgumentError(AgentRunError, ValueError):
    """An argument that cannot be sent, such as an empty name."""


class TransportError(AgentRunError):
    """No whole answer arrived.

    `sent` is false only when the request certainly never reached the service.
    """

    def __init__(self, message: Text, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent
        self.is_doubtful = sent


class NotReadyError(AgentRunError):
    """A resource ended in a failed status or took longer than the timeout allows."""

    def __init__(self, message: Text, *, status: str | None, reason: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class DeleteResourceError(NotReadyError):
    """A resource is not being deleted, though that was asked for."""


class WaitTimeoutError(NotReadyError, TimeoutError):
    """A resource took longer than a caller was ready to wait."""


class StoppedError(AgentRunError):
    """Whoever waited has cancelled."""


class HTTPError(AgentRunError):
    """The service answered, and the answer is not a success."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        error_code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        hint: Text | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.error_code = error_code
        self.request_id = request_id
        self.retry_after = retry_after
        """Seconds that the service asks callers to wait, if it does (`x-acs-retry-after`, `retry-after`)."""
        self.hint = hint
        """What to know and do about this very answer."""

    def told(self, reader: Reader) -> str:
        """Return what the service said, the facts, and what to do next."""
        facts = [f"HTTP {self.status_code}"]
        if self.error_code:
            facts.append(self.error_code)
        if self.request_id:
            facts.append(f"request id {self.request_id}")
        text = f"{self.message.rstrip('.')} ({', '.join(facts)})."
        return tell(joined(text, self.hint, self.advice()), reader).rstrip()

    def advice(self) -> Text | None:
        """Say what to do next, if this kind of error has one answer."""
        return None


class ResourceAlreadyExistError(HTTPError):
    """The name is taken already."""


class UnexpectedAnswerError(HTTPError):
    """The body is not the API's envelope, so something other than AgentRun has answered."""

    is_doubtful = True

    def advice(self) -> Text:
        """Say what to do next."""
        return Message(
            "Something other than AgentRun has probably answered: "
            "check {endpoint}, the region, and any HTTP proxy in between.",
            endpoint=Setting("endpoint"),
        )


class ClientError(HTTPError):
    """The service refused the request (4xx)."""


class AuthenticationError(ClientError):
    """The credentials are wrong, expired, or not allowed to do this."""

    def advice(self) -> Text:
        """Say what to do next."""
        code = self.error_code or ""
        if code.startswith("InvalidTimeStamp"):
            return "Set this machine's clock right: it may be at most 15 minutes off."
        if self.status_code == 403 or code.startswith(("NoPermission", "Forbidden")):
            return "Grant the access key's user or role AgentRun permissions (agentrun:*Model*)."
        return Message(
            "Check {id}, {secret} and {token}, or the environment variables and profiles that stand in for them.",
            id=Setting("access_key_id"),
            secret=Setting("access_key_secret"),
            token=Setting("security_token"),
        )


class RepeatedError(ClientError):
    """The service has had this very request before: something on the way has sent it twice.

    The first may have come about.
    """

    is_doubtful = True

    def advice(self) -> Text:
        """Say what to do next."""
        return "Run it again; if it stays, an HTTP proxy in between repeats requests."


class ThrottledError(ClientError):
    """The account sends too many requests; raised once retries are used up."""

    def advice(self) -> Text:
        """Say what to do next."""
        return Message("{slower}", slower=SLOWER)


class ResourceNotExistError(ClientError):
    """The service says that this very resource does not exist."""


class ServerError(HTTPError):
    """The service failed (5xx)."""

    is_doubtful = True

    def advice(self) -> Text:
        """Say what to do next."""
        return "Run it again; if it stays, give the request id to Alibaba Cloud's support."
