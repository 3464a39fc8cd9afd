"""Settings: read once, from environment variables over an optional TOML file over defaults.

TABLE is the one place where a setting is named, typed and described; the printed reference is made from it.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from orderline.boot.setting_kinds import NAMES, PAIRS, PATH, SWITCH, TEXT, Kind, choice, whole
from orderline.contracts.registry import ConnectorSettings

PREFIX: Final = "ORDERLINE_"
CONNECTOR: Final = "CONNECTOR_"
CONFIG: Final = "ORDERLINE_CONFIG"
FOR_ROOT: Final = Path("/var/lib/orderline")
_FOR_TESTS: Final = "ORDERLINE_TEST_"


class SettingError(ValueError):
    """A setting has a value it cannot have; the text names it, the value, and what is expected."""


class Setting(msgspec.Struct, frozen=True):
    """One setting: its name (`port` is ORDERLINE_PORT, and `port` in the file), what it takes, what it is for.

    default: as it is written in the environment; `shown` says it in words where it depends on the machine.
    secret: never printed.
    """

    name: str
    kind: Kind
    default: str
    description: str
    shown: str = ""
    secret: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


TABLE: Final[tuple[Setting, ...]] = (
    Setting("database_url", TEXT, "", "PostgreSQL 15 or later to use, as a libpq address. Empty: Orderline starts a"
            " private PostgreSQL of its own in the data directory.", secret=True),
    Setting("data_dir", PATH, "", "Where the private PostgreSQL, its log and the administrator's key are kept.",
            "the user's data directory (`~/.local/share/orderline` on Linux); `/var/lib/orderline` for root"),
    Setting("host", TEXT, "127.0.0.1", "Address to listen on. `0.0.0.0` lets other machines in: put TLS before it."),
    Setting("port", whole(0, 65535), "8787", "Port to listen on; 0 takes a free one."),
    Setting("cell", whole(0, 1_000_000), "0", "The cell of the database that this process serves."),
    Setting("engine_threads", whole(1, 16), "1", "Batches in flight. One is fastest where batches meet at the same rows."),
    Setting("batch", whole(1, 4096), "256", "The most commands that go into one transaction."),
    Setting("prepared", SWITCH, "on", "Prepared statements. `off` behind a pooler in transaction mode (pgbouncer)."),
    Setting("worker", SWITCH, "on", "Whether `serve` does the outside calls too; `off` when `orderline worker` runs."),
    Setting("carrier", TEXT, "", "The connector that labels are bought with. Empty: of all that have settings, for each"
            " parcel the cheapest in time."),
    Setting("auto_claims", SWITCH, "on", "Draft claims against carriers for parcels that are lost, damaged, or later than"
            " their service guarantees."),
    Setting("notices", TEXT, "", "The connector that messages are sent with. Empty: the first by name that has settings."),
    Setting("public_url", TEXT, "", "Where customers reach this installation: links in messages begin with it.",
            "the address it listens on"),
    Setting("metrics_open", SWITCH, "off", "`GET /metrics` without a key. Only where no stranger gets to the port."),
    Setting("webhook_private", SWITCH, "off", "Allow webhooks to private and loopback addresses. Only for trying out."),
    Setting("oidc_issuer", TEXT, "", "The OpenID Connect provider that people sign in to the console with, as its discovery"
            " document names itself. Empty: they sign in with passwords alone."),
    Setting("oidc_client_id", TEXT, "", "The name that the provider knows this installation by."),
    Setting("oidc_client_secret", TEXT, "", "What proves to the provider that it is this installation.", secret=True),
    Setting("oidc_name", TEXT, "single sign-on", "The provider's name on the button of the sign-in page."),
    Setting("oidc_scopes", TEXT, "openid profile email", "What is asked of the provider, `openid` among it."),
    Setting("oidc_user_claim", TEXT, "preferred_username", "The claim that names the user. It must be one that the provider"
            " gives to no other person later, and that nobody can choose for themselves."),
    Setting("oidc_role_claim", TEXT, "groups", "The claim that names the groups of a person; dots lead into others"
            " (`realm_access.roles`)."),
    Setting("oidc_roles", PAIRS, "", "The role of each group, the first that fits; who is in none of them does not come in."
            " Empty: users have the role that was given to them here."),
    Setting("oidc_make_users", SWITCH, "off", "Whether whoever is in one of the groups becomes a user at the first sign-in."),
    Setting("password_users", NAMES, "", "The only users who may sign in with a password; keep one for the day on which the"
            " provider is down. Empty: all who have one."),
    Setting("log_level", choice("debug", "info", "warning", "error"), "info", "The least that is logged."),
    Setting("log_format", choice("auto", "json", "text"), "auto", "One JSON object per line, or text; `auto` is text on"
            " a terminal and JSON elsewhere."),
    Setting("sandbox_port", whole(0, 65535), "8620", "Port of `orderline sandbox`."),
    Setting("sandbox_seed", whole(0, 2**31), "1", "Seed of the chances of `orderline sandbox`."),
    Setting("sandbox_speed", whole(1, 1_000_000), "1", "All waits of the sandbox are divided by this."),
    Setting("sandbox_api_key", TEXT, "", "Key that callers of the sandbox must bring. Empty: none.", secret=True),
)  # fmt: skip

CONNECTOR_TABLE: Final[tuple[Setting, ...]] = (
    Setting("base_url", TEXT, "", "Where the partner is reached. A connector is in use when it has one."),
    Setting("api_key", TEXT, "", "What we send to the partner as our key.", secret=True),
    Setting("secret", TEXT, "", "What the partner signs its calls to us with (base64); two with a comma between them"
            " while it is being changed.", secret=True),
    Setting("connect_timeout_s", whole(1, 600), "5", "Seconds until a connection must stand."),
    Setting("timeout_s", whole(1, 600), "20", "Seconds until an answer must have come."),
    Setting("connections_max", whole(1, 1000), "16", "Connections to the partner at a time."),
)  # fmt: skip


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting, checked. `connectors`: how to reach each partner, by the connector's name."""

    database_url: str
    data_dir: Path
    host: str
    port: int
    cell: int
    engine_threads: int
    batch: int
    prepared: bool
    worker: bool
    carrier: str
    auto_claims: bool
    notices: str
    public_url: str
    metrics_open: bool
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    oidc_scopes: str
    oidc_user_claim: str
    oidc_role_claim: str
    oidc_roles: tuple[tuple[str, str], ...]
    oidc_make_users: bool
    password_users: tuple[str, ...]
    webhook_private: bool
    log_level: str
    log_format: str
    sandbox_port: int
    sandbox_seed: int
    sandbox_speed: int
    sandbox_api_key: str
    connectors: dict[str, ConnectorSettings] = {}

    def __repr__(self) -> str:
        return f"Settings(data_dir={str(self.data_dir)!r}, host={self.host!r}, port={self.port}, ...)"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    SettingError: a value is not one the setting can have, or the file cannot be read.
    """
    environment = os.environ if environment is None else environment
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    file_path = given.get(CONFIG, "")
    file = _read_file(Path(file_path).expanduser()) if file_path else {}
    values = {each.name: _value(each, given, file, file_path) for each in TABLE}
    values["data_dir"] = values["data_dir"] or default_data_dir(environment)
    for name in ("oidc_roles", "password_users"):
        values[name] = values[name] or ()
    _check_file_names(file, file_path)
    _check_single_sign_on(values)
    return Settings(**values, connectors=_connectors(given, file, file_path))


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Variables that look like settings and are none: mistyped, or of another release."""
    known = {each.variable for each in TABLE} | {CONFIG}
    names = sorted(name for name in (os.environ if environment is None else environment) if name.startswith(PREFIX))
    return [
        name
        for name in names
        if name not in known and not name.startswith(_FOR_TESTS) and _connector_field(name.removeprefix(PREFIX)) is None
    ]


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """The user's data directory as the XDG base directories say; the system's for root."""
    if os.geteuid() == 0:
        return FOR_ROOT
    base = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "orderline"


def _value(setting: Setting, given: Mapping[str, str], file: Mapping[str, Any], file_path: str) -> Any:
    raw = given.get(setting.variable)
    if raw is not None and raw != "":
        return _parse(setting, raw, setting.variable)
    if setting.name in file:
        return _parse(setting, _as_text(file[setting.name]), f"{setting.name} in {file_path}")
    return _parse(setting, setting.default, setting.variable)


def _parse(setting: Setting, raw: str, where: str) -> Any:
    if raw == "" and setting.default == "":
        return ""
    try:
        return setting.kind.parse(raw.strip())
    except ValueError:
        shown = "(a secret)" if setting.secret else repr(raw)
        raise SettingError(f"{where} is {shown}; expected {setting.kind.expected}") from None


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"{CONFIG} is {str(path)!r}, which can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} is not a TOML file: {error}") from None


def _check_file_names(file: Mapping[str, Any], file_path: str) -> None:
    unknown = sorted(set(file) - {each.name for each in TABLE} - {"connectors"})
    if unknown:
        raise SettingError(f"{unknown[0]} in {file_path} is no setting; `orderline reference` prints them all")


def _check_single_sign_on(values: Mapping[str, Any]) -> None:
    """It is safe, and lets somebody in; what is missing would be noticed when nobody can sign in."""
    issuer = values["oidc_issuer"]
    if not issuer:
        return
    if not issuer.startswith("https://") and urlsplit(issuer).hostname not in ("localhost", "127.0.0.1", "::1"):
        raise SettingError(f"{PREFIX}OIDC_ISSUER is {issuer!r}; expected an address that begins with https://")
    for name in ("oidc_client_id", "oidc_client_secret", "public_url"):
        if not values[name]:
            raise SettingError(f"{PREFIX}{name.upper()} is empty; single sign-on needs it")
    if "openid" not in values["oidc_scopes"].split():
        raise SettingError(f"{PREFIX}OIDC_SCOPES is {values['oidc_scopes']!r}; expected openid among them")
    if values["oidc_make_users"] and not values["oidc_roles"]:
        raise SettingError(f"{PREFIX}OIDC_MAKE_USERS is on; then {PREFIX}OIDC_ROLES must say which role they have")


def _connectors(given: Mapping[str, str], file: Mapping[str, Any], file_path: str) -> dict[str, ConnectorSettings]:
    table = file.get("connectors", {})
    if not isinstance(table, dict) or not all(isinstance(each, dict) for each in table.values()):
        raise SettingError(f"connectors in {file_path} must be tables, such as [connectors.sandbox_payments]")
    asked: dict[str, dict[str, tuple[str, str]]] = {}
    for name, fields in table.items():
        for field, value in fields.items():
            asked.setdefault(name, {})[field] = (_as_text(value), f"connectors.{name}.{field} in {file_path}")
    for variable, value in given.items():
        found = _connector_field(variable.removeprefix(PREFIX))
        if found is not None and value != "":
            asked.setdefault(found[0], {})[found[1]] = (value, variable)
    return {name: _connector(name, fields) for name, fields in sorted(asked.items())}


def _connector_field(name: str) -> tuple[str, str] | None:
    """(connector, field) of CONNECTOR_SANDBOX_PAYMENTS_BASE_URL."""
    if not name.startswith(CONNECTOR):
        return None
    rest = name.removeprefix(CONNECTOR).lower()
    # connect_timeout_s ends like timeout_s: the longer name goes first.
    for field in sorted((each.name for each in CONNECTOR_TABLE), key=len, reverse=True):
        if rest.endswith(f"_{field}") and len(rest) > len(field) + 1:
            return rest[: -len(field) - 1], field
    return None


def _connector(name: str, fields: Mapping[str, tuple[str, str]]) -> ConnectorSettings:
    values: dict[str, Any] = {}
    extra: dict[str, str] = {}
    known = {each.name: each for each in CONNECTOR_TABLE}
    for field, (raw, where) in fields.items():
        if field in known:
            values[field] = _parse(known[field], raw, where)
        else:
            extra[field] = raw
    if not values.get("base_url"):
        raise SettingError(f"connector {name} has settings and no base_url; expected where the partner is reached")
    secret = tuple(part.strip() for part in values.get("secret", "").split(",") if part.strip())
    values["secret"] = secret[0] if len(secret) == 1 else secret
    return ConnectorSettings(**values, extra=extra)
