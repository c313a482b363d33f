"""LSF302: which values are secrets, in the shapes of code that its golden cases leave out."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from litestar_fix.api import Run, check
from litestar_fix.settings import Settings

HEAD = """
from dataclasses import dataclass, field
from typing import Any

import jwt
from litestar import Request, Response, get, post
from litestar.security.jwt import JWTAuth
from users import User, load

auth = JWTAuth[User](retrieve_user_handler=load, token_secret="s")

@dataclass
class Account:
    name: str
    token: str | None = None

@dataclass
class Page:
    account: Account
    secret: str | None = field(default=None)
"""


def reported(folder: Path, source: str, *names: str) -> list[str]:
    """Return the names of the fields that are reported, where these names count as well."""
    (folder / "app.py").write_text(HEAD + dedent(source))
    settings = Settings(select=("LSF302",), extend_sensitive_fields=names)
    report = check([folder], settings, root=folder, run=Run(jobs=1, cache=False))
    return [item.message.partition(" sends ")[2].partition(" of ")[0] for item in report.findings]


@pytest.mark.parametrize(
    ("value", "is_quiet"),
    [
        ('auth.create_token(identifier="1")', True),
        ("request.auth.encode(SECRET, ALGORITHM)", True),
        ('auth.token_secret + "x"', False),
        ('jwt.encode({"mail": "1"}, "s")', False),
        ("load.encode()", False),
        ("stored.auth.encode(SECRET)", False),
    ],
)
def test_tokens_that_the_handler_signs(tmp_path: Path, value: str, is_quiet: bool) -> None:
    source = f"""
        @get("/me")
        async def show_me(request: Request[Any, Any, Any]) -> Account:
            token = {value}
            return Account("me", token=token)

        @get("/page")
        async def show_page(request: Request[Any, Any, Any]) -> Page:
            return Page(account=Account(name="me", token={value}))

        @get("/all")
        async def show_all(request: Request[Any, Any, Any]) -> list[Account]:
            return [Account("me", token={value})]
    """
    assert reported(tmp_path, source) == (["token"] if is_quiet else ["token", "account.token", "token"])


@pytest.mark.parametrize(
    ("result", "is_quiet"),
    [
        ('Account("me")', True),
        ('Account(name="me")', True),
        ('Account("me", None)', False),
        ('Account("me", token=None)', True),
        ('Account("me", token="t")', False),
        ('Account(**{"name": "me"})', False),
        ('Account("me") if data else Account("you")', True),
        ('Account("me") if data else Account("you", token="t")', False),
        ('Response(Account("me"))', True),
        ('Response(content=Account("me"), status_code=202)', True),
        ("load(data)", False),
    ],
)
def test_fields_that_stay_at_none(tmp_path: Path, result: str, is_quiet: bool) -> None:
    source = f"""
        @post("/accounts")
        async def add_account(data: dict[str, str]) -> Response[Account]:
            return {result}
    """
    assert reported(tmp_path, source) == ([] if is_quiet else ["token"])


@pytest.mark.parametrize(
    ("statement", "is_quiet"),
    [
        ("account.token = mask(account.token)", True),
        ('setattr(account, "token", Mask.redacted(account.token))', True),
        ('object.__setattr__(account, "token", mask_token(account.token) if account.token else None)', True),
        ('setattr(account, "name", mask(account.token))', False),
        ("account.name = mask(account.token)", False),
        ("log(token=account.token)", False),
        ("mask(account.token)", False),
        ('log.info("shown", token=mask(account.token))', False),
        ("account.token = unmask(account.token)", False),
        ("account = replace(account, token=mask(account.token))", True),
        ("account = Account(account.name, token=mask(account.token))", True),
        ("account.token = masked = mask(account.token)", True),
    ],
)
def test_masks(tmp_path: Path, statement: str, is_quiet: bool) -> None:
    source = f"""
        def shown(account: Account) -> Account:
            {statement}
            return account

        @get("/account")
        async def show_account() -> Account:
            return shown(await load())
    """
    assert reported(tmp_path, source) == ([] if is_quiet else ["token"])


@pytest.mark.parametrize(
    ("name", "model", "is_quiet"),
    [
        ("create_invite", "InviteResponse", True),
        ("issue_share_link", "ShareLinkCreated", True),
        ("create_invite", "Account", False),
        ("invite", "Invite", False),
        ("create_user", "UserResponse", False),
        ("create_password_reset", "PasswordResetResponse", False),
        ("list_invites", "InvitesResponse", False),
    ],
)
def test_tokens_of_what_is_made(tmp_path: Path, name: str, model: str, is_quiet: bool) -> None:
    source = f"""
        @dataclass
        class {model}:
            token: str

        @post("/things")
        async def {name}() -> {model}:
            return load()
    """
    assert reported(tmp_path, source) == ([] if is_quiet else ["token"])


@pytest.mark.parametrize(
    ("name", "is_quiet"),
    [
        ("password_algorithm", True),
        ("PASSWORD_POLICY", True),
        ("has_api_key", True),
        ("masked_secret", True),
        ("door_state", False),
        ("has_key", True),
        ("password_digest", False),
        ("encrypted_password", False),
    ],
)
def test_names_that_tell_about_a_secret(tmp_path: Path, name: str, is_quiet: bool) -> None:
    source = f"""
        @dataclass
        class Door:
            {name}: str = ""

        @get("/door")
        async def show_door() -> Door:
            return load()
    """
    assert reported(tmp_path, source, "door_state", "*_key") == ([] if is_quiet else [name])
