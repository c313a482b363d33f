"""The exceptions that Litestar has for a status.

Source: litestar/exceptions/http_exceptions.py, the same rows in 2.0.1, 2.12.1, 2.25.0 and 3.0.0b0. Left out:
RequestEntityTooLarge (413), which litestar.exceptions does not export, and ValidationException (400), which says that
the data did not validate.
"""

from __future__ import annotations

HOME = "litestar.exceptions"
GENERIC = f"{HOME}.HTTPException"
_CLIENT = f"{HOME}.ClientException"
_SERVER = f"{HOME}.InternalServerException"
#: What an exception of any of the classes is.
COMMON = frozenset({GENERIC, f"{HOME}.LitestarException", "builtins.Exception", "builtins.BaseException"})
#: Status, class, and its bases that HTTPException does not have.
STATUS_CLASSES: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (400, "ClientException", ()),
    (401, "NotAuthorizedException", (_CLIENT,)),
    (403, "PermissionDeniedException", (_CLIENT,)),
    (404, "NotFoundException", (_CLIENT, "builtins.ValueError")),
    (405, "MethodNotAllowedException", (_CLIENT,)),
    (429, "TooManyRequestsException", (_CLIENT,)),
    (500, "InternalServerException", ()),
    (503, "ServiceUnavailableException", (_SERVER,)),
)
