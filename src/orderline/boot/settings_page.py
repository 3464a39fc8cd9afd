"""The settings as a page of the reference, from the table they are read by."""

from orderline.boot.settings import CONFIG, CONNECTOR_TABLE, TABLE, Setting

HEAD = f"""\
# Settings

Read once, at the start of each process: from environment variables, over a TOML file named by `{CONFIG}`, over the
defaults. In the file the names are in lower case and without the prefix: `port = 9000`. A value that a setting cannot
have ends the command with exit status 2 and a line that names it.

| variable | takes | default | what it is for |
| --- | --- | --- | --- |
"""

CONNECTORS = """
## Connectors

Each connector that is to be used needs at least the address of its partner. `NAME` is the connector's name in capitals,
such as `SANDBOX_PAYMENTS`; in the file each has a table, `[connectors.sandbox_payments]`. Other names in that table are
handed to the connector as they are.

| variable | takes | default | what it is for |
| --- | --- | --- | --- |
"""


def settings_page() -> str:
    """The page, as Markdown."""
    own = "".join(_row(each, each.variable) for each in TABLE)
    connectors = "".join(_row(each, f"ORDERLINE_CONNECTOR_NAME_{each.name.upper()}") for each in CONNECTOR_TABLE)
    return HEAD + own + CONNECTORS + connectors


def _row(setting: Setting, variable: str) -> str:
    default = setting.shown or (f"`{setting.default}`" if setting.default else "")
    secret = " Secret." if setting.secret else ""
    return f"| `{variable}` | {setting.kind.expected} | {default} | {setting.description}{secret} |\n"
