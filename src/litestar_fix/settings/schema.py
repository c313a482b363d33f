"""Which settings there are.

`Settings` is the one place where a setting, its type, its default, an example and its documentation are written down;
the README's table and the error messages come from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

Names: TypeAlias = tuple[str, ...]
Status: TypeAlias = Annotated[str, Meta(pattern=r"^[1-5]\d\d$")]
Version: TypeAlias = Annotated[str, Meta(pattern=r"^\d+(\.\d+){0,2}$")]

# as fields of users, sessions and tokens are called in the applications that the rules were tried on, and in OWASP's
# https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude
SENSITIVE_FIELDS = (
    "password", "password_*", "*_password", "passwd", "*_passwd", "passphrase", "hashed_*", "*_hash_salt", "salt",
    "secret", "*_secret", "secret_key", "*_secret_key", "client_secret",
    "token", "access_token", "refresh_token", "auth_token", "api_token", "reset_token", "session_token", "*_token_hash",
    "api_key", "apikey", "*_api_key", "private_key", "encryption_key", "signing_key",
    "recovery_codes", "backup_codes", "security_answer", "internal_notes",
)  # fmt: skip


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What a project decides about its audit; keys are written with hyphens."""

    extend: Annotated[
        str | None,
        Meta(
            description="Another settings file of the same repository, relative to this one, whose settings hold, too: "
            "a key replaces that of the other file, and of a key that begins with `extend-` both count. Patterns are "
            "relative to the project's root, whichever file they are in.",
            examples=["../pyproject.toml"],
        ),
    ] = None
    select: Annotated[
        Names | None,
        Meta(
            description="Rules to run: codes (`LSF101`), prefixes (`LSF1`), names (`repeated-handler-config`) or "
            "`ALL`. Without it, every rule that is on by default.",
            examples=[["LSF1", "LSF204"]],
        ),
    ] = None
    extend_select: Annotated[
        Names, Meta(description="Rules to run in addition to those of `select`.", examples=[["LSF302"]])
    ] = ()
    ignore: Annotated[
        Names,
        Meta(
            description="Rules not to run. Where selectors disagree, the more specific one wins.", examples=[["LSF502"]]
        ),
    ] = ()
    per_file_ignores: Annotated[
        dict[str, Names],
        Meta(
            description="Rules not to report in files that match a pattern (relative to the project's root).",
            examples=[{"tests/**": ["LSF5"]}],
        ),
    ] = msgspec.field(default_factory=dict)
    exclude: Annotated[
        Names,
        Meta(
            description="Files and folders that are not read at all, as patterns relative to the project's root. "
            "A pattern without a slash matches a name at any depth; `*` stays within a folder, `**` crosses folders.",
            examples=[["legacy", "src/generated/**"]],
        ),
    ] = ()
    extend_exclude: Annotated[
        Names, Meta(description="More patterns, in addition to those of `exclude`.", examples=[["sandbox"]])
    ] = ()
    force_exclude: Annotated[
        bool,
        Meta(
            description="Leave out what is excluded, ignored by git or otherwise skipped even where it is named on the "
            "command line, as hooks of pre-commit do.",
            examples=[True],
        ),
    ] = False
    target_version: Annotated[
        Version | None,
        Meta(
            description="The Litestar version that the application runs on. Asked only where lock file, environment "
            "and manifest do not tell.",
            examples=["2.12"],
        ),
    ] = None
    min_repeats: Annotated[
        int,
        Meta(
            ge=2,
            description="LSF101, LSF102: how many handlers of a controller must repeat an option before it belongs on "
            "the controller.",
            examples=[3],
        ),
    ] = 3
    max_dependencies: Annotated[
        int, Meta(ge=0, description="LSF206: how many injected dependencies a handler may have.", examples=[5])
    ] = 5
    max_handler_statements: Annotated[
        int, Meta(ge=1, description="LSF402: how many statements a handler may have.", examples=[15])
    ] = 15
    max_service_depth: Annotated[
        int, Meta(ge=1, description="LSF207: over how many services a service may reach another.", examples=[2])
    ] = 2
    sensitive_fields: Annotated[
        Names,
        Meta(
            description="LSF302: names of fields that no response may contain; `*` matches any characters, case does "
            "not count.",
            examples=[["password", "*_token"]],
        ),
    ] = SENSITIVE_FIELDS
    extend_sensitive_fields: Annotated[
        Names, Meta(description="More names, in addition to those of `sensitive-fields`.", examples=[["iban", "*_pin"]])
    ] = ()
    rewrite_sync_requests: Annotated[
        bool,
        Meta(
            description="LSF502: report and rewrite `requests` in synchronous functions, too.",
            examples=[True],
        ),
    ] = False
    extend_blocking_calls: Annotated[
        Names,
        Meta(
            description="Functions that block the event loop, by dotted name, in addition to the known ones.",
            examples=[["legacy_bank.fetch_rates"]],
        ),
    ] = ()
    extend_cpu_bound_calls: Annotated[
        Names,
        Meta(
            description="Functions that compute for long, by dotted name, in addition to the known ones.",
            examples=[["harbour_model.simulate_tides"]],
        ),
    ] = ()
    extend_closable_resources: Annotated[
        Names,
        Meta(
            description="LSF202: classes and factories whose result must be closed, by dotted name, in addition to "
            "the known ones.",
            examples=[["warehouse.connect"]],
        ),
    ] = ()

    extend_secret_names: Annotated[
        Names,
        Meta(
            description="LSF703: names of code, settings and environment variables that hold secrets, in addition to "
            "the known ones; `*` matches any characters, case does not count.",
            examples=[["*_pin", "license_code"]],
        ),
    ] = ()
    extend_sync_drivers: Annotated[
        dict[str, str],
        Meta(
            description="LSF504: beginnings of database URLs with a synchronous driver, and the asynchronous driver of "
            "the same database, in addition to the known ones.",
            examples=[{"postgresql+pgwire": "asyncpg"}],
        ),
    ] = msgspec.field(default_factory=dict)
    extend_status_classes: Annotated[
        dict[Status, str],
        Meta(
            description="LSF603: exception classes of the project by status, by dotted name; they come before those of "
            "Litestar.",
            examples=[{"409": "shop.errors.ConflictException"}],
        ),
    ] = msgspec.field(default_factory=dict)
    extend_replaced_middleware: Annotated[
        dict[str, str],
        Meta(
            description="LSF805: middleware that is not to be used any more, by dotted name, and what takes its place.",
            examples=[{"shop.cors.CorsMiddleware": "pass cors_config=CORSConfig(...) to Litestar"}],
        ),
    ] = msgspec.field(default_factory=dict)

    @property
    def excluded(self) -> Names:
        """All patterns of files that are not read."""
        return self.exclude + self.extend_exclude

    @property
    def blocking_calls(self) -> Names:
        """The functions that block the event loop, waiting or computing, in addition to the known ones."""
        return self.extend_blocking_calls + self.extend_cpu_bound_calls

    def is_secret_name(self, name: str) -> bool:
        """Tell whether the project says that what has this name is a secret."""
        return (
            bool(self.extend_secret_names) and _sensitive(self.extend_secret_names).fullmatch(name.lower()) is not None
        )

    def is_sensitive(self, field: str) -> bool:
        """Tell whether no response may contain a field of this name."""
        return _sensitive(self.sensitive_fields + self.extend_sensitive_fields).fullmatch(field.lower()) is not None


@lru_cache(maxsize=8)
def _sensitive(patterns: Names) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(pattern.lower()).replace(r"\*", ".*") for pattern in patterns) or r"(?!)")


class Setting(msgspec.Struct, frozen=True):
    """The documentation of one setting."""

    key: str
    default: Any
    example: Any
    description: str


def documented() -> Iterator[Setting]:
    """Yield the documentation of every setting, in the order in which they are written down."""
    for field, (example, description) in zip(msgspec.structs.fields(Settings), _documentation(), strict=True):
        yield Setting(field.encode_name, _default(field), example, description)


def _documentation() -> Iterator[tuple[Any, str]]:
    properties = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]
    for schema in properties.values():
        yield schema["examples"][0], schema["description"]


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else {}
