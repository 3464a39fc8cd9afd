"""The provider of identities that people sign in with (OpenID Connect): where it is, its keys, and whether what it says holds."""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from orderline.console.ports import Begun, NotBelieved, SingleSignOn
from orderline.values.failures import Trouble

# Of keys that only the provider has; neither `none` nor what our own secret could have signed.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
TIMEOUT: Final = httpx.Timeout(5, connect=3)
MOST_BYTES: Final = 512 * 1024
# What the provider says of itself is believed for as long; keys that are not among those known are asked for before.
FRESH_FOR_S: Final = 3600.0
KEYS_AGAIN_S: Final = 30.0
# A provider that can't be reached is left alone for as long: strangers open the page as well.
LEFT_ALONE_S: Final = 3.0
LEEWAY_S: Final = 60
_SYSTEM: Final = "The provider of single sign-on"
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    """Where the provider takes and gives what, and the keys it signs with. at, keys_at: when it was read."""

    about: dict[str, Any]
    keys: KeySet
    at: float
    keys_at: float


class Provider:
    """One provider, as the settings name it."""

    def __init__(self, settings: SingleSignOn) -> None:
        self.settings = settings
        self._known: _Known | None = None
        self._failed: tuple[float, Trouble] | None = None
        self._one = asyncio.Lock()

    async def address(self, begun: Begun) -> str:
        """Where a person is sent to sign in. Trouble: the provider can't be reached."""
        about, given = (await self._knowledge()).about, self.settings
        query = {
            "response_type": "code", "client_id": given.client_id, "redirect_uri": given.back, "scope": given.scopes,
            "state": begun.state, "nonce": begun.nonce, "code_challenge": create_s256_code_challenge(begun.verifier),
            "code_challenge_method": "S256",
        }  # fmt: skip
        to = str(about["authorization_endpoint"])
        return f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(query)}"

    async def claims(self, code: str, begun: Begun, now: int) -> Mapping[str, Any]:
        """What the provider says of whoever came back with the code.

        NotBelieved: the code is not taken, or what is said does not hold. Trouble: the provider can't be reached.
        """
        known = await self._knowledge()
        told = await self._redeem(known.about, code, begun)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise NotBelieved("there is no id token")
        try:
            return self._checked(token, known.keys, told, begun, now)
        except InvalidKeyIdError:
            if monotonic() - known.keys_at < KEYS_AGAIN_S:
                raise NotBelieved("the id token is signed with a key that the provider does not show") from None
        known = await self._knowledge(keys_before=monotonic() - KEYS_AGAIN_S)
        try:
            return self._checked(token, known.keys, told, begun, now)
        except InvalidKeyIdError:
            raise NotBelieved("the id token is signed with a key that the provider does not show") from None

    def _checked(self, token: str, keys: KeySet, told: Mapping[str, Any], begun: Begun, now: int) -> Mapping[str, Any]:
        given = self.settings
        try:
            read = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                read.claims, read.header,
                options={"iss": {"essential": True, "value": given.issuer}, "aud": {"essential": True, "value": given.client_id}},
                params={"nonce": begun.nonce, "client_id": given.client_id, "access_token": told.get("access_token")},
            )  # fmt: skip
            claims.validate(now=now, leeway=LEEWAY_S)
        except InvalidKeyIdError:
            raise
        except JoseError as error:
            raise NotBelieved(f"{error.error}: {error.description}"[:200]) from None
        except (ValueError, TypeError, KeyError) as error:
            raise NotBelieved(f"the id token can't be read: {type(error).__name__}") from None
        return claims

    async def _redeem(self, about: Mapping[str, Any], code: str, begun: Begun) -> Mapping[str, Any]:
        given = self.settings
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": given.back, "code_verifier": begun.verifier,
        }  # fmt: skip
        methods, auth = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"], None
        if "client_secret_basic" in methods:
            auth = httpx.BasicAuth(quote_plus(given.client_id), quote_plus(given.client_secret))
        else:
            form |= {"client_id": given.client_id, "client_secret": given.client_secret}
        status, told = await _ask("POST", str(about["token_endpoint"]), data=form, auth=auth)
        if status != 200:
            raise NotBelieved(f"the code was not taken: {str(told.get('error', status))[:60]!r}")
        return told

    async def _knowledge(self, keys_before: float | None = None) -> _Known:
        """What is known of the provider, read anew when it is old. keys_before: keys that were read earlier are old."""
        async with self._one:
            known, now = self._known, monotonic()
            fresh = known is not None and now - known.at < FRESH_FOR_S
            if known is not None and fresh and (keys_before is None or known.keys_at > keys_before):
                return known
            if self._failed is not None and now - self._failed[0] < LEFT_ALONE_S:
                raise Trouble(_SYSTEM, self._failed[1].message)
            try:
                about = known.about if known is not None and fresh else await self._discover()
                keys = await _keys(str(about["jwks_uri"]))
            except Trouble as trouble:
                _logger.warning("single sign-on: %s", trouble)
                self._failed = (monotonic(), trouble)
                raise
            at = monotonic()
            self._known = _Known(about, keys, known.at if known is not None and fresh else at, at)
            return self._known

    async def _discover(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0: the document must be the issuer's own, and lead to no place that is less safe."""
        issuer = self.settings.issuer
        status, about = await _ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if status != 200 or about.get("issuer") != issuer:
            raise Trouble(_SYSTEM, f"its discovery document is not that of {issuer} (HTTP {status})")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe(str(about.get(name, "")), issuer):
                raise Trouble(_SYSTEM, f"its discovery document has no {name} that can be used")
        return about


def is_safe(address: str, issuer: str) -> bool:
    """HTTPS; or HTTP at the host of an issuer that is tried out on this machine."""
    try:
        parts, home = urlsplit(address), urlsplit(issuer)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == home.scheme == "http" and parts.hostname == home.hostname)
        )
    except ValueError:
        return False


async def _keys(address: str) -> KeySet:
    status, told = await _ask("GET", address)
    try:
        found = [each for each in told.get("keys", ()) if each.get("use", "sig") == "sig" and each.get("kty") != "oct"]
        if status == 200:
            return KeySet.import_key_set({"keys": found})
    except (JoseError, ValueError, TypeError, AttributeError, KeyError):
        pass
    raise Trouble(_SYSTEM, f"its keys can't be read (HTTP {status})")


async def _ask(method: str, address: str, **what: Any) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of an answer. Trouble: none came in time, or none that can be read."""
    content = b""
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, verify=_trust()) as client,
            client.stream(method, address, headers={"accept": "application/json"}, **what) as answer,
        ):
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise Trouble(_SYSTEM, "it answers with more than can be read")
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Trouble(_SYSTEM, type(error).__name__) from None
    if status >= 500:
        raise Trouble(_SYSTEM, f"HTTP {status}")
    try:
        told = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = None
    if not isinstance(told, dict):
        raise Trouble(_SYSTEM, f"its answer can't be read (HTTP {status})")
    return status, told


@cache
def _trust() -> ssl.SSLContext:
    """Whom to trust; reading that takes longer than the rest of a call."""
    return httpx.create_ssl_context()
