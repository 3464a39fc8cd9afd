"""Sign in with the merchant's own provider of identities: there and back again (OpenID Connect, code flow with PKCE)."""

import asyncio
import hashlib
import hmac
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

import msgspec

from orderline.console.access import come_in, onward, sign_in_page
from orderline.console.languages import word
from orderline.console.ports import Begun, NotBelieved, Provided, SingleSignOn
from orderline.console.sessions import BEGUN
from orderline.console.visits import ADMIN, Failed, Gone, Shown, Visit
from orderline.core.users.decide import NAME
from orderline.store import sign_ins
from orderline.store.access import Access
from orderline.values.failures import Trouble

HOLDS_S: Final = 600
LONGEST: Final = 1_000
# Who changes users when the provider's word makes or changes one.
ITSELF: Final = Access(id="single-sign-on", name="single sign-on", scopes=frozenset({ADMIN}))
_logger = logging.getLogger(__name__)


async def begin(visit: Visit) -> Shown | Gone:
    """Go to the provider. What is to be the same on the way back stands in a cookie that we have signed."""
    provider, now = _provider(visit), int(datetime.now(UTC).timestamp())
    seed, to = token_urlsafe(32), onward(visit.query.get("next", ""))
    try:
        address = await provider.address(_begun(provider.settings, seed))
    except Trouble:
        return sign_in_page(visit, to, wrong={"": _unreachable(visit, provider.settings)}, status=503)
    sealed = _seal(provider.settings, [now + HOLDS_S, seed, to if len(to) <= LONGEST else "/"])
    return Gone(address, also=(_cookie(visit, sealed, HOLDS_S),))


async def back(visit: Visit) -> Shown | Gone:
    """Back from the provider: with a code for whoever it has let in, or with an error."""
    provider, now = _provider(visit), datetime.now(UTC)
    given, asked = provider.settings, visit.query
    kept = _open(given, visit.begun, int(now.timestamp()))
    begun = _begun(given, kept[1]) if kept is not None else None
    if kept is None or begun is None or not hmac.compare_digest(asked.get("state", "").encode(), begun.state.encode()):
        return sign_in_page(
            visit, "", wrong={"": word("It took too long, or was begun elsewhere. Try again.")}, status=403
        )
    if asked.get("iss", given.issuer) != given.issuer:  # RFC 9207: another provider's answer
        return _not_in(visit, "the answer is that of another provider", _refusal(visit, given))
    if "error" in asked or not asked.get("code"):
        return _not_in(visit, f"error {asked.get('error', '')[:60]!r}", _refusal(visit, given))
    try:
        claims = await provider.claims(asked["code"][:4_000], begun, int(now.timestamp()))
        user = await _admit(visit, given, claims)
    except Trouble:
        return sign_in_page(visit, kept[2], wrong={"": _unreachable(visit, given)}, status=503)
    except NotBelieved as error:
        text = word("What %(provider)s says of you does not hold. Try again, or tell an administrator.")
        told = error.told or visit.say(text, provider=given.name)
        return _not_in(visit, str(error), told)
    return await come_in(visit, user, kept[2], _cookie(visit, "", 0))


def groups_of(claims: Mapping[str, Any], claim: str) -> list[str]:
    """The groups that a claim names; one that lies within others has dots in its name (`realm_access.roles`)."""
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for part in claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


async def _admit(visit: Visit, given: SingleSignOn, claims: Mapping[str, Any]) -> str:
    """The user that the claims are of, with the role that they give. NotBelieved: nobody who may come in."""
    user, database = claims.get(given.user_claim), visit.parts.database
    if not isinstance(user, str) or not NAME.fullmatch(user):
        raise NotBelieved(
            f"the claim {given.user_claim} names no user",
            visit.say("%(provider)s does not say who you are.", provider=given.name),
        )
    if given.user_claim == "email" and claims.get("email_verified") not in (True, "true"):
        raise NotBelieved(
            "the email is not verified",
            visit.say("%(provider)s has not verified your email address.", provider=given.name),
        )
    nobody = word("You may not come in. An administrator of Orderline can let you.")
    role = ""
    if given.roles:
        groups = groups_of(claims, given.role_claim)
        role = next((role for group, role in given.roles if group in groups), "")
        if not role:
            raise NotBelieved(f"none of the groups of {user} has a role", nobody)
    known = await asyncio.to_thread(sign_ins.find_user, database, user)
    if known is None and not (given.make_users and role):
        raise NotBelieved(f"there is no user {user}", nobody)
    if role and (known is None or known.role != role):
        limits = {"channels": known.channels, "locations": known.locations} if known is not None else {}
        await _put(visit, user, {"role": role, "stay_disabled": True, **limits}, nobody)
    if await asyncio.to_thread(sign_ins.access_of, database, user) is None:
        raise NotBelieved(f"{user} may not come in", nobody)
    name = claims.get("name")
    await asyncio.to_thread(sign_ins.name_once, database, user, _printable(name) or user)
    return user


async def _put(visit: Visit, user: str, input_: dict[str, Any], told: str) -> None:
    body = msgspec.json.encode(input_)
    reply = await visit.parts.backend.perform(
        ITSELF, "PUT", f"/v1/users/{quote(user, safe='')}", body, token_urlsafe(16)
    )
    if reply.status >= 500:
        raise Trouble("Orderline", "the user can't be written")
    if reply.status >= 400:
        code = msgspec.json.decode(reply.body).get("code", "") if reply.body else ""
        raise NotBelieved(f"{user} can't have the role {input_['role']}: {code}", told)


def _provider(visit: Visit) -> Provided:
    if visit.parts.provider is None:
        raise Failed(
            404, {"title": word("There is no single sign-on here"), "detail": word("Sign in with your password.")}
        )
    return visit.parts.provider


def _not_in(visit: Visit, why: str, told: str) -> Shown:
    _logger.warning("single sign-on has let nobody in: %s", why)
    return sign_in_page(visit, "", wrong={"": told}, status=403)


def _unreachable(visit: Visit, given: SingleSignOn) -> str:
    return visit.say("%(system)s can't be reached. Try again.", system=given.name)


def _refusal(visit: Visit, given: SingleSignOn) -> str:
    return visit.say("%(provider)s did not let you in.", provider=given.name)


def _printable(name: Any) -> str:
    return "".join(each for each in name if each.isprintable()).strip()[:100] if isinstance(name, str) else ""


def _begun(given: SingleSignOn, seed: str) -> Begun:
    """The state, the nonce and the verifier of one way there and back: made of its seed and our secret."""
    return Begun(*(_mac(given, f"{each}:{seed}") for each in ("state", "nonce", "verifier")))


def _seal(given: SingleSignOn, kept: list[Any]) -> str:
    body = urlsafe_b64encode(msgspec.json.encode(kept)).decode().rstrip("=")
    return f"{body}.{_mac(given, f'cookie:{body}')}"


def _open(given: SingleSignOn, sealed: str, now: int) -> tuple[int, str, str] | None:
    """(until when, seed, where to go on); None: it is not ours, or too old."""
    body, _, mac = sealed.partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(given, f"cookie:{body}").encode()):
        return None
    kept = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=tuple[int, str, str])
    return kept if kept[0] >= now else None


def _mac(given: SingleSignOn, text: str) -> str:
    return hmac.new(given.client_secret.encode(), f"orderline:{text}".encode(), hashlib.sha256).hexdigest()


def _cookie(visit: Visit, value: str, age: int) -> str:
    secure = "; Secure" if visit.parts.secure else ""
    return f"{BEGUN}={value}; Path=/sign-in; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
