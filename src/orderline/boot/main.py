"""The entry point of the command `orderline`."""

import sys

from orderline.boot.settings import SettingError, read_settings, unknown_variables


def main() -> None:
    """Read the settings, then run the command that was asked for. Exits 2 when a setting is wrong."""
    try:
        settings = read_settings()
    except SettingError as error:
        print(f"{error}.", file=sys.stderr)
        sys.exit(2)
    for name in unknown_variables():
        print(f"{name} is no setting of Orderline and is ignored; is it mistyped?", file=sys.stderr)
    from orderline.boot.installation import LocalInstallation
    from orderline.cli.main import run_cli

    sys.exit(run_cli(LocalInstallation(settings)))


if __name__ == "__main__":
    main()
