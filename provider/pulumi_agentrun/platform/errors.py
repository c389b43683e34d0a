"""The refusals of the platform: one class for each error code, with its status and its exact message."""

from __future__ import annotations

import json
from typing import Any, ClassVar


class ConnectionDropped(Exception):
    """Say that the connection ends here, without an answer."""


class PlatformError(Exception):
    """Refuse a request; the subclasses say with which status and code."""

    status: int = 400
    code: str

    def body(self, request_id: str, host: str) -> bytes:
        """Return the error as the JSON that a client reads."""
        raise NotImplementedError


class ServiceError(PlatformError):
    """Refuse a request as the service does, once the gateway let it through."""

    def body(self, request_id: str, host: str) -> bytes:
        """Return the error with the service's lower-case keys."""
        return _json({"code": self.code, "message": str(self), "requestId": request_id})


class BadRequest(ServiceError):
    """The body is not a JSON object."""

    code = "ERR_BAD_REQUEST"


class TooLarge(ServiceError):
    """The body is larger than any that makes sense."""

    status = 413
    code = "ERR_REQUEST_TOO_LARGE"


class TooSlow(ServiceError):
    """The body took too long to arrive."""

    status = 408
    code = "ERR_REQUEST_TIMEOUT"


class Misdirected(ServiceError):
    """The request is meant for another host: a page in a browser may have been led here by its name server."""

    status = 421
    code = "ERR_MISDIRECTED"


class ValidationFailed(ServiceError):
    """A value has the right type and makes no sense."""

    code = "ERR_VALIDATION_FAILED"


class NotFound(ServiceError):
    """The named resource does not exist."""

    status = 404
    code = "ERR_NOT_FOUND"

    def __init__(self, title: str, name: str) -> None:
        super().__init__(f"{title} {name} does not exist")


class AlreadyExists(ServiceError):
    """The name is taken; the status is a switch, for it is not known."""

    code = "ERR_ALREADY_EXISTS"

    def __init__(self, title: str, name: str, status: int) -> None:
        super().__init__(f"{title} {name} already exists")
        self.status = status


class ResourceInUse(ServiceError):
    """The named resource is still named by another one."""

    status = 409
    code = "ERR_RESOURCE_IN_USE"

    def __init__(self, title: str, name: str, user_title: str, user: str) -> None:
        super().__init__(f"{title} {name} is in use by {user_title} {user}")


class InternalServerError(ServiceError):
    """The platform itself failed."""

    status = 500
    code = "ERR_INTERNAL_SERVER_ERROR"

    def __init__(self) -> None:
        super().__init__("internal server error")


class GatewayError(PlatformError):
    """Refuse a request as the gateway does, before the service sees it."""

    message: ClassVar[str] = ""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)

    def body(self, request_id: str, host: str) -> bytes:
        """Return the error with the gateway's capitalised keys."""
        return _json(gateway_body(self.code, str(self), request_id, host))


class MissingParameter(GatewayError):
    """A required header or field is missing."""

    code = "MissingParameter"

    def __init__(self, parameter: str) -> None:
        super().__init__(f"The parameter {parameter} is mandatory for this action.")


class InvalidParameter(GatewayError):
    """A header, a query parameter or a field has the wrong form."""

    code = "InvalidParameter"

    def __init__(self, parameter: str, expected: str) -> None:
        super().__init__(f"The parameter {parameter} must be {expected}.")


class UnknownAction(GatewayError):
    """No operation has this method, path and version."""

    status = 404
    code = "InvalidAction.NotFound"
    message = "Specified api is not found, please check your url and method."


class UnknownAccessKey(GatewayError):
    """No credential has this access key id."""

    status = 404
    code = "InvalidAccessKeyId.NotFound"
    message = "Specified access key is not found."


class SignatureMismatch(GatewayError):
    """The signature is not that of this request under this access key."""

    code = "SignatureDoesNotMatch"
    message = "Specified signature is not matched with our calculation."


class NonceUsed(GatewayError):
    """The request was seen before."""

    code = "SignatureNonceUsed"
    message = "Specified signature nonce was used already."


class TimestampExpired(GatewayError):
    """The request was signed too long ago, or too far in the future."""

    code = "InvalidTimeStamp.Expired"
    message = "Specified time stamp or date value is expired."


class TimestampMalformed(GatewayError):
    """The date of the request is no UTC time."""

    code = "InvalidTimeStamp.Format"
    message = "Specified time stamp or date value is not well formatted."


class MissingSecurityToken(GatewayError):
    """A temporary access key came without its token."""

    code = "MissingSecurityToken"
    message = "SecurityToken is mandatory for this action."


class InvalidBearerToken(GatewayError):
    """The bearer token is none of the known ones."""

    status = 401
    code = "InvalidBearerToken"
    message = "Specified bearer token is invalid."


def gateway_body(code: str, message: str, request_id: str, host: str) -> dict[str, Any]:
    """Return the gateway's form of an error."""
    recommend = f"https://api.aliyun.com/troubleshoot?q={code}&product=AgentRun&requestId={request_id}"
    return {"Code": code, "Message": message, "RequestId": request_id, "HostId": host, "Recommend": recommend}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
