"""Settings: from variables over a file over defaults; a wrong value says which one, what it is, what it should be."""

from pathlib import Path

import pytest

from orderline.boot.settings import TABLE, SettingError, Settings, read_settings, unknown_variables
from orderline.boot.wiring import single_sign_on

BASE = "ORDERLINE_CONNECTOR_SANDBOX_PAYMENTS_BASE_URL"


def test_every_setting_is_a_field_and_says_what_it_is_for() -> None:
    assert {each.name for each in TABLE} == set(Settings.__struct_fields__) - {"connectors"}
    assert [each.name for each in TABLE if not each.description.endswith(".")] == []


def test_without_configuration_everything_has_a_value() -> None:
    settings = read_settings({"XDG_DATA_HOME": "/data"})
    assert (settings.host, settings.port, settings.worker, settings.connectors) == ("127.0.0.1", 8787, True, {})
    assert settings.data_dir.is_absolute()


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "orderline.toml"
    file.write_text('port = 9000\nworker = false\n[connectors.sandbox_payments]\nbase_url = "http://a"\nsecret = "x"\n')
    settings = read_settings({"ORDERLINE_CONFIG": str(file), "ORDERLINE_PORT": "9001", BASE: "http://b"})
    assert (settings.port, settings.worker) == (9001, False)
    assert settings.connectors["sandbox_payments"].base_url == "http://b"
    assert settings.connectors["sandbox_payments"].secret == "x"


WRONG = [
    ("ORDERLINE_PORT", "tcp://10.0.0.1:8787", "ORDERLINE_PORT is 'tcp://10.0.0.1:8787'; expected a whole number"),
    ("ORDERLINE_PORT", "70000", "expected a whole number from 0 to 65535"),
    ("ORDERLINE_WORKER", "maybe", "expected on or off"),
    ("ORDERLINE_LOG_LEVEL", "loud", "expected one of debug, info, warning, error"),
    ("ORDERLINE_CONFIG", "/nowhere.toml", "can't be read"),
    ("ORDERLINE_CONNECTOR_SANDBOX_PAYMENTS_TIMEOUT_S", "soon", "expected a whole number"),
]


@pytest.mark.parametrize(("variable", "value", "told"), WRONG)
def test_a_wrong_value_is_named_with_what_is_expected(variable: str, value: str, told: str) -> None:
    with pytest.raises(SettingError) as raised:
        read_settings({BASE: "http://a", variable: value})
    assert told in str(raised.value)
    assert variable in str(raised.value)


def test_a_connector_without_an_address_is_refused() -> None:
    with pytest.raises(SettingError, match="connector sandbox_payments has settings and no base_url"):
        read_settings({"ORDERLINE_CONNECTOR_SANDBOX_PAYMENTS_API_KEY": "k"})


def test_a_name_in_the_file_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "orderline.toml"
    file.write_text("prot = 9000\n")
    with pytest.raises(SettingError, match=r"prot in .* is no setting"):
        read_settings({"ORDERLINE_CONFIG": str(file)})


def test_a_mistyped_variable_is_found() -> None:
    given = {"ORDERLINE_PROT": "1", BASE: "http://a", "ORDERLINE_TEST_RUN": "x", "ORDERLINE_PORT": "1"}
    assert unknown_variables(given) == ["ORDERLINE_PROT"]


def test_secrets_are_not_shown() -> None:
    given = {BASE: "http://a", "ORDERLINE_CONNECTOR_SANDBOX_PAYMENTS_SECRET": "s3cret", "ORDERLINE_DATABASE_URL": "pw"}
    settings = read_settings(given)
    assert "s3cret" not in repr(settings)
    assert "pw" not in repr(settings)
    assert "s3cret" not in repr(settings.connectors)


SINGLE = {
    "ORDERLINE_OIDC_ISSUER": "https://id.example.com",
    "ORDERLINE_OIDC_CLIENT_ID": "orderline",
    "ORDERLINE_OIDC_CLIENT_SECRET": "s3cret",
    "ORDERLINE_PUBLIC_URL": "https://orders.example.com",
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ORDERLINE_OIDC_ISSUER": "http://id.example.com"}, "begins with https"),
        ({"ORDERLINE_OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID is empty"),
        ({"ORDERLINE_OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET is empty"),
        ({"ORDERLINE_PUBLIC_URL": ""}, "PUBLIC_URL is empty"),
        ({"ORDERLINE_OIDC_SCOPES": "profile"}, "expected openid among them"),
        ({"ORDERLINE_OIDC_ROLES": "staff"}, "expected pairs such as"),
        ({"ORDERLINE_OIDC_MAKE_USERS": "on"}, "OIDC_ROLES must say"),
    ],
)
def test_single_sign_on_that_would_let_nobody_in_or_is_unsafe_is_refused_at_the_start(
    changed: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingError) as raised:
        read_settings(SINGLE | changed)
    assert told in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_groups_have_roles_in_the_order_they_are_written_in() -> None:
    given = {"ORDERLINE_OIDC_ROLES": "cn=bosses=admin, desk = support", "ORDERLINE_PASSWORD_USERS": "ana, ben"}
    settings = read_settings(SINGLE | given)
    assert settings.oidc_roles == (("cn=bosses", "admin"), ("desk", "support"))
    assert settings.password_users == ("ana", "ben")
    assert "s3cret" not in repr(settings)
    single = single_sign_on(settings)
    assert single is not None
    assert single.back == "https://orders.example.com/sign-in/back"
    assert "s3cret" not in repr(single)
    assert single_sign_on(read_settings({})) is None


def test_a_secret_that_is_being_changed_is_two() -> None:
    given = {BASE: "http://a", "ORDERLINE_CONNECTOR_SANDBOX_PAYMENTS_SECRET": "old, new"}
    assert read_settings(given).connectors["sandbox_payments"].secret == ("old", "new")
