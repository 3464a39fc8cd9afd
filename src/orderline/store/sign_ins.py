"""What people of the merchant sign in with: a password, a second factor, sessions. Secrets are kept as hashes.

A password is kept as its Argon2id hash, which the caller makes; the secrets of links and sessions are random and so are
kept as SHA-256. The secret of a second factor has to be kept as it is.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from orderline.core.users.state import ROLE, USER, Role, User, UserState
from orderline.store.access import Access
from orderline.store.database import Database
from orderline.store.loading import decode_record
from orderline.store.queries import query

LONGEST: Final = timedelta(days=7)
IDLE: Final = timedelta(hours=12)
LINK_HOLDS: Final = timedelta(days=3)
SEEN_EVERY: Final = timedelta(minutes=5)
# Wrong answers in a row that cost nothing, for one name and from one address; each one more doubles the wait.
FREE_FAILURES: Final = 5
FREE_FAILURES_THERE: Final = 20
LONGEST_WAIT: Final = timedelta(minutes=15)
FAILURES_KEPT: Final = timedelta(days=1)


class SignIn(msgspec.Struct, frozen=True):
    """totp_step: the last step of time whose code was taken. language: of pages, ISO 639-1; "": that of the browser."""

    user: str
    name: str
    password_hash: str
    totp_secret: str
    totp_step: int
    language: str


class SignedIn(msgspec.Struct, frozen=True):
    """Somebody with an open session. second_factor: has one. role: what work the person does.

    language: of pages, ISO 639-1; "": that of the browser.
    """

    user: str
    name: str
    access: Access
    second_factor: bool = False
    role: str = ""
    language: str = ""


def find_sign_in(database: Database, user: str) -> SignIn | None:
    """What a user signs in with; None: nobody invited such a one."""
    rows = database.rows(query("sign_ins", "find_sign_in"), {"user": user})
    return SignIn(user, *rows[0]) if rows else None


def invite(database: Database, user: str, name: str, now: datetime) -> str:
    """The secret of a link by which the user sets a password, and starts a second factor anew; it holds for `LINK_HOLDS`."""
    secret = secrets.token_urlsafe(32)
    database.rows(query("sign_ins", "name_user"), {"user": user, "name": name})
    database.rows(query("sign_ins", "insert_link"), {"user": user, "hash": _hash(secret), "ends_at": now + LINK_HOLDS})
    return secret


def name_once(database: Database, user: str, name: str) -> None:
    """The name people read of somebody who signs in without a link; one that is known stays."""
    database.rows(query("sign_ins", "name_once"), {"user": user, "name": name})


def find_user(database: Database, user: str) -> User | None:
    """The user; None: there is none."""
    return _record(database, USER, user)


def find_link(database: Database, secret: str, now: datetime) -> tuple[str, str] | None:
    """The user and the name that a link is for; None: it was used, or holds no more."""
    rows = database.rows(query("sign_ins", "find_link"), {"hash": _hash(secret), "now": now})
    return (rows[0][0], rows[0][1]) if rows else None


def set_password(database: Database, secret: str, password_hash: str, now: datetime) -> str | None:
    """By a link, which is used up; the user, or None as for `find_link`. Open sessions and the second factor end."""
    about = {"hash": _hash(secret), "password_hash": password_hash, "now": now}
    rows = database.rows(query("sign_ins", "set_password"), about)
    if not rows:
        return None
    forget_failures(database, rows[0][0])
    return rows[0][0]


def wait_until(database: Database, user: str, address: str, now: datetime) -> datetime | None:
    """Before this, no answer for the name or from the address is looked at, whether anybody has that name or not.

    address: "", where it is not known. None: at once.
    """
    free = {_named(user): FREE_FAILURES} | ({_there(address): FREE_FAILURES_THERE} if address else {})
    about = {"subjects": list(free), "oldest": now - FAILURES_KEPT}
    waits = [
        failed_at + min(timedelta(seconds=2 ** min(failures - free[bytes(subject)] + 1, 10)), LONGEST_WAIT)
        for subject, failures, failed_at in database.rows(query("sign_ins", "find_failures"), about)
        if failures >= free[bytes(subject)]
    ]
    return max(waits, default=None)


def note_failure(database: Database, user: str, address: str, now: datetime) -> None:
    """A wrong name, password or code."""
    subjects = [_named(user), *([_there(address)] if address else [])]
    about = {"subjects": subjects, "now": now, "oldest": now - FAILURES_KEPT}
    database.rows(query("sign_ins", "note_failure"), about)


def take_step(database: Database, user: str, step: int) -> bool:
    """The code of a step of time was given; False: it, or a later one, was given before."""
    return bool(database.rows(query("sign_ins", "take_step"), {"user": user, "step": step}))


def forget_failures(database: Database, user: str) -> None:
    """Whoever has the name gave the right answers. Those of an address are not forgotten: one may have a name of one's own."""
    database.rows(query("sign_ins", "forget_failures"), {"subjects": [_named(user)]})


def set_second_factor(database: Database, user: str, secret: str, step: int) -> None:
    """From now on a code is asked for as well; secret "": not any more."""
    database.rows(query("sign_ins", "set_totp"), {"user": user, "secret": secret, "step": step})


def set_language(database: Database, user: str, language: str) -> None:
    """The language of pages, whatever the browser; "": that of the browser again."""
    database.rows(query("sign_ins", "set_language"), {"user": user, "language": language})


def open_session(database: Database, user: str, now: datetime) -> str:
    """Somebody has signed in; the secret of the session."""
    secret = secrets.token_urlsafe(32)
    about = {"user": user, "hash": _hash(secret), "now": now, "oldest": now - LONGEST, "idle": now - IDLE}
    database.rows(query("sign_ins", "insert_session"), about)
    return secret


def end_session(database: Database, secret: str) -> None:
    """Signed out."""
    database.rows(query("sign_ins", "end_session"), {"hash": _hash(secret)})


def find_signed_in(database: Database, secret: str, now: datetime) -> SignedIn | None:
    """Who has the session, with what the person may do now; None: it is over, or the user may not come in any more."""
    hash_ = _hash(secret)
    about = {"hash": hash_, "oldest": now - LONGEST, "idle": now - IDLE}
    rows = database.rows(query("sign_ins", "find_session"), about)
    if not rows:
        return None
    user, name, seen_at, second_factor, language = rows[0]
    found = _access_and_role(database, user)
    if found is None:
        return None
    if now - seen_at > SEEN_EVERY:
        database.rows(query("sign_ins", "see_session"), {"hash": hash_, "now": now})
    return SignedIn(user, name, found[0], second_factor, found[1], language)


def access_of(database: Database, user: str) -> Access | None:
    """What a user may do by the role the person has now; None: not to come in."""
    found = _access_and_role(database, user)
    return found[0] if found is not None else None


def _access_and_role(database: Database, user: str) -> tuple[Access, str] | None:
    known = _record(database, USER, user)
    role = _record(database, ROLE, known.role) if isinstance(known, User) else None
    if not isinstance(known, User) or not isinstance(role, Role) or known.state is not UserState.ACTIVE:
        return None
    access = Access(
        f"user:{user}", user, frozenset(role.rights), frozenset(known.channels), frozenset(known.locations),
        holds=role.holds, appeasements=role.appeasements, money=role.money,
    )  # fmt: skip
    return access, known.role


def _record(database: Database, kind: str, id_: str) -> Any:
    rows = database.rows(query("records", "record"), {"kind": kind, "id": id_})
    return decode_record(kind, rows[0][0]) if rows else None


def _named(user: str) -> bytes:
    """A name that was given may be a password that was typed in the wrong place: it is not kept as it is."""
    return _hash(f"name:{user}")


def _there(address: str) -> bytes:
    return _hash(f"address:{address}")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
