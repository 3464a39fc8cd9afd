"""Sign in and out, set a password by a link, and have a second factor."""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pyotp import random_base32
from pyotp.totp import TOTP

from orderline.console.languages import LANGUAGES, names, render_cookie, word
from orderline.console.visits import Gone, Shown, Visit
from orderline.store import sign_ins

SHORTEST: Final = 12
LONGEST: Final = 200
STEP_S: Final = 30
# As `random_base32` draws it.
_DRAWN: Final = re.compile("[A-Z2-7]{32}")
_WRONG: Final = word("Name, password or code is not right.")
# Passwords are slow to look at, and strangers may send as many as they like: they wait for one another, and nobody else for them.
_apart: Final = ThreadPoolExecutor(2, thread_name_prefix="passwords")
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
T = TypeVar("T")


async def sign_in_form(visit: Visit) -> Shown | Gone:
    """The form; whoever is signed in goes on."""
    if visit.who is not None:
        return Gone(onward(visit.query.get("next", "")))
    return sign_in_page(visit, visit.query.get("next", ""))


async def sign_in(visit: Visit) -> Shown | Gone:
    """One wrong answer says as little as another; each costs the same time, and many make the next wait.

    They are counted by the name that was given, whether anybody has it or not, and by the address they came from.
    """
    user, password, code = (visit.form.get(name, "") for name in ("user", "password", "code"))
    to = visit.form.get("next", "")
    given = (user.strip()[:100], password[:LONGEST], code.replace(" ", "")[:10])
    wrong = await _aside(lambda: _check(visit, *given))
    if wrong:
        return sign_in_page(visit, to, user=user[:100], wrong=wrong)
    return await come_in(visit, given[0], to)


async def come_in(visit: Visit, user: str, to: str, *also: str) -> Gone:
    """A session begins, and the browser keeps the language of the user for pages before the next one."""
    database, now = visit.parts.database, datetime.now(UTC)
    secret = await asyncio.to_thread(sign_ins.open_session, database, user, now)
    known = await asyncio.to_thread(sign_ins.find_sign_in, database, user)
    return Gone(onward(to), cookie=secret, also=(_language(visit, known.language if known is not None else ""), *also))


async def sign_out(visit: Visit) -> Gone:
    """End this session."""
    await asyncio.to_thread(sign_ins.end_session, visit.parts.database, visit.secret)
    return Gone("/sign-in", cookie="")


async def welcome_form(visit: Visit) -> Shown:
    """Where a link leads that somebody was invited with."""
    return await _welcome(visit, {})


async def welcome(visit: Visit) -> Shown | Gone:
    """Set the password, and sign in with it."""
    password, again = visit.form.get("password", ""), visit.form.get("again", "")
    if not SHORTEST <= len(password) <= LONGEST:
        return await _welcome(visit, {"password": _length(visit)})
    if password != again:
        return await _welcome(visit, {"again": word("The two are not the same.")})
    now, token = datetime.now(UTC), visit.path["token"][:100]
    found = await asyncio.to_thread(sign_ins.find_link, visit.parts.database, token, now)
    if found is None or not visit.parts.may_use_password(found[0]):
        return await _welcome(visit, {})
    hashed = await _aside(lambda: _hasher().hash(password))
    user = await asyncio.to_thread(sign_ins.set_password, visit.parts.database, token, hashed, now)
    if user is None:
        return await _welcome(visit, {})
    return await come_in(visit, user, "/me")


async def me(visit: Visit) -> Shown:
    """Who is signed in, with what rights; a second factor can be had."""
    return _me(visit, {})


async def change_second_factor(visit: Visit) -> Shown | Gone:
    """Take a second factor once a code of it was given, or give it up with the password."""
    database, user, now = visit.parts.database, visit.user.user, datetime.now(UTC)
    if visit.user.second_factor:
        password = visit.form.get("password", "")[:LONGEST]
        if wrong := await _aside(lambda: _check_password(visit, user, password)):
            return _me(visit, {"password": wrong})
        await asyncio.to_thread(sign_ins.set_second_factor, database, user, "", 0)
        return Gone("/me", cookie=visit.secret)
    secret, code = visit.form.get("secret", ""), visit.form.get("code", "").replace(" ", "")[:10]
    secret = secret if _DRAWN.fullmatch(secret) else ""  # a weaker one, or none at all, was not shown by us
    step = _step_of(secret, code, now)
    if step is None:
        told = word("The code is not right. Does the clock of the device go right?")
        return _me(visit, {"code": told}, secret)
    await asyncio.to_thread(sign_ins.set_second_factor, database, user, secret, step)
    return Gone("/me", cookie=visit.secret)


async def change_language(visit: Visit) -> Gone:
    """The language that the person is answered in from now on; that which the browser asks for, when none is named."""
    asked = visit.form.get("language", "")
    chosen = asked if asked in LANGUAGES else ""
    await asyncio.to_thread(sign_ins.set_language, visit.parts.database, visit.user.user, chosen)
    return Gone("/me", cookie=visit.secret, also=(_language(visit, chosen),))


def _language(visit: Visit, chosen: str) -> str:
    return render_cookie(chosen, secure=visit.parts.secure)


def _me(visit: Visit, wrong: Mapping[str, str], secret: str = "") -> Shown:
    secret = secret or random_base32()
    uri = TOTP(secret).provisioning_uri(name=visit.user.user, issuer_name="Orderline")
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return Shown(
        "me.html",
        {
            "wrong": wrong,
            "languages": names(),
            "chosen": visit.user.language,
            "secret": secret,
            "spaced": spaced,
            "uri": uri,
            "passwords": visit.parts.may_use_password(visit.user.user),
        },
        422 if wrong else 200,
    )


def _check(visit: Visit, user: str, password: str, code: str) -> dict[str, str]:
    """What is wrong, in words, by its field; a wrong name stands beside the password, for nobody learns which of them it was."""
    database, now = visit.parts.database, datetime.now(UTC)
    if wait := _wait(visit, user, now):
        return {"": wait}
    known = sign_ins.find_sign_in(database, user)
    hashed = known.password_hash if known is not None else ""
    fits = _fits(hashed or _decoy(), password)
    refused = not visit.parts.may_use_password(user)
    if known is None or not hashed or not fits or refused or sign_ins.access_of(database, user) is None:
        sign_ins.note_failure(database, user, visit.address, now)
        return {"password": _WRONG}
    step = _step_of(known.totp_secret, code, now) if known.totp_secret else None
    if known.totp_secret and (step is None or not sign_ins.take_step(database, user, step)):
        sign_ins.note_failure(database, user, visit.address, now)
        return {"password": _WRONG} if code else {"code": word("A code of your second factor is needed as well.")}
    sign_ins.forget_failures(database, user)
    return {}


def _check_password(visit: Visit, user: str, password: str) -> str:
    """What is wrong with the password of somebody who is signed in: whoever sits down at an open page can't try them all."""
    database, now = visit.parts.database, datetime.now(UTC)
    if wait := _wait(visit, user, now):
        return wait
    known = sign_ins.find_sign_in(database, user)
    if known is None or not _fits(known.password_hash, password):
        sign_ins.note_failure(database, user, visit.address, now)
        return word("The password is not right.")
    sign_ins.forget_failures(database, user)
    return ""


def _wait(visit: Visit, user: str, now: datetime) -> str:
    until = sign_ins.wait_until(visit.parts.database, user, visit.address, now)
    if until is None or until <= now:
        return ""
    seconds = int((until - now).total_seconds()) + 1
    return visit.say("Too many wrong answers. Try again in %(seconds)s seconds.", seconds=seconds)


def _length(visit: Visit) -> str:
    told = word("It needs %(least)s to %(most)s characters; several words do well.")
    return visit.say(told, least=SHORTEST, most=LONGEST)


async def _aside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_apart, work)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of time whose code it is, this one or one beside it; None: of none."""
    if not (code.isascii() and code.isdigit() and secret.isalnum()):
        return None
    this = int(now.timestamp()) // STEP_S
    try:
        totp = TOTP(secret)
        return next((step for step in (this, this - 1, this + 1) if totp.at(step * STEP_S) == code), None)
    except ValueError:  # the secret is not in base32
        return None


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    """So that a name nobody has takes as long as one that somebody has."""
    return _hasher().hash("nobody has this password")


def sign_in_page(
    visit: Visit, to: str, *, user: str = "", wrong: Mapping[str, str] = NOTHING, status: int = 0
) -> Shown:  # fmt: skip
    """The page on which somebody signs in. to: where to go on then. wrong: what was, in words, by its field."""
    provider = visit.parts.provider
    about = {
        "next": to[:2_000], "user": user, "wrong": wrong, "provider": provider.settings.name if provider else "",
        "passwords": visit.parts.password_users is None,
    }  # fmt: skip
    return Shown("sign_in.html", about, status or (422 if wrong else 200))


async def _welcome(visit: Visit, wrong: Mapping[str, str]) -> Shown:
    found = await asyncio.to_thread(
        sign_ins.find_link, visit.parts.database, visit.path["token"][:100], datetime.now(UTC)
    )
    if found is None:
        problem = {"title": word("This link holds no more"), "detail": word("Ask an administrator for a new one.")}
        return Shown("failed.html", {"problem": problem}, 410)
    if not visit.parts.may_use_password(found[0]):
        detail = word("Sign in as you do elsewhere, with single sign-on.")
        problem = {"title": word("You need no password"), "detail": detail}
        return Shown("failed.html", {"problem": problem}, 403)
    about = {"user": found[0], "name": found[1], "wrong": wrong, "shortest": SHORTEST}
    return Shown("welcome.html", about, 422 if wrong else 200)


def onward(to: str) -> str:
    """A page of ours; whatever else was asked for is the work home."""
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isascii() and to.isprintable()
    return to if plain else "/"
