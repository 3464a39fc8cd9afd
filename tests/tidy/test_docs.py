"""What the documentation says to call exists: paths with their parameters, bodies with their fields, commands with their options."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import click
import msgspec
import pytest

from orderline.api.calls import Body, Operation
from orderline.api.decoding import decoder
from orderline.api.operations import OPERATIONS
from orderline.cli.main import cli
from orderline.values.failures import Refused
from support.repository import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("[ch]*/*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(GET|PUT|POST|PATCH|DELETE) (/v1/[^`\s]+)")
LINE = re.compile(r"^(GET|PUT|POST|PATCH|DELETE) +(/v1/\S+)", re.MULTILINE)
SAID = re.compile(r"`(orderline [^`]+)`")
VARIABLE = re.compile(r"\$\{?([A-Z]+)\}?")
ENDS_A_COMMAND = {"|", ">", "&&", ";", ">>"}


class Called(NamedTuple):
    """A call that a page shows; body: None where it is not shown whole."""

    method: str
    path: str
    body: str | None


def statements(script: str) -> Iterator[list[str]]:
    """The words of each line of a script; a line goes on inside quotes, and after a backslash."""
    line, quote = "", ""
    for character in f"{script}\n":
        if character in "'\"" and quote in ("", character):
            quote = "" if quote else character
        if character == "\n" and not quote and not line.endswith("\\"):
            if words := shlex.split(line, comments=True):
                yield words
            line = ""
        elif character == "\n" and not quote:
            line = line[:-1]
        else:
            line += character


def calls_of(text: str) -> Iterator[Called]:
    """What a page says to call."""
    for match in INLINE.finditer(text):
        yield Called(match[1], match[2], None)
    variables = {"URL": "", "ID": str(UUID(int=1)), "CART": str(UUID(int=2))}
    for _, block in BLOCK.findall(text):
        for match in LINE.finditer(block):
            yield Called(match[1], match[2], shown_body(block, match.end()))
        if "curl" in block or "ask" in block:
            for words in statements(block):
                yield from sent_by(words, variables)


def shown_body(block: str, start: int) -> str | None:
    """The JSON that follows on the line, or begins the next; None where parts of it are left out."""
    rest = block[start:].lstrip()
    if not rest.startswith("{") or LINE.match(rest):
        return None
    try:
        _, end = json.JSONDecoder().raw_decode(rest)
    except json.JSONDecodeError:
        assert "..." in rest.split("\n\n")[0], f"no JSON: {rest[:200]}"
        return None
    return rest[:end]


def sent_by(words: list[str], variables: dict[str, str]) -> Iterator[Called]:
    name, is_assignment, value = words[0].partition("=")
    if is_assignment and name.isupper():
        if not value.startswith("$("):
            variables[name] = filled(value, variables)
        return
    tool = next((index for index, word in enumerate(words) if word in ("curl", "ask")), None)
    if tool is None:
        return
    arguments = [filled(word, variables) for word in words[tool + 1 :]]
    url = next((word for word in arguments if "/v1/" in word), "")
    if not url:
        return
    body = arguments[arguments.index("-d") + 1] if "-d" in arguments else None
    method = arguments[arguments.index("-X") + 1] if "-X" in arguments else "POST" if body else "GET"
    yield Called(method, url[url.index("/v1/") :], None if body and (body.startswith("@") or "..." in body) else body)


def filled(text: str, variables: dict[str, str]) -> str:
    return VARIABLE.sub(lambda match: variables.get(match[1], match[0]), text)


def operation_of(method: str, path: str) -> Operation | None:
    """The row of the operations table; a literal path goes before one with names in braces."""
    asked = path.split("/")
    found = [
        each
        for each in OPERATIONS
        if each.method == method
        and len(parts := each.path.split("/")) == len(asked)
        and all(part.startswith("{") or part == given for part, given in zip(parts, asked, strict=True))
    ]
    return min(found, key=lambda each: each.path.count("{"), default=None)


def fault_of(call: Called) -> str:
    """What is wrong with a call; empty: nothing."""
    path, _, query = call.path.partition("?")
    operation = operation_of(call.method, path.rstrip("/.,;"))
    if operation is None:
        return "there is no such operation"
    known = {each.encode_name for each in msgspec.structs.fields(operation.query)} if operation.query else set[str]()
    for each in filter(None, query.split("&")):
        if each.partition("=")[0].partition(".")[0] not in known:
            return f"there is no parameter {each}; known: {sorted(known)}"
    if call.body is None or operation.takes is not Body.JSON:
        return ""
    try:
        decoder(operation.input)(call.body.encode())
    except Refused as refused:
        return f"{refused.code}: {refused.facts}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_calls_that_a_page_shows_are_such_as_can_be_made(page: Path) -> None:
    faults = [
        f"{call.method} {call.path} {call.body or ''}: {fault}"
        for call in calls_of(page.read_text(encoding="utf-8"))
        if (fault := fault_of(call))
    ]
    assert faults == []


def unready(text: str) -> list[str]:
    """Calls that fail when they are pasted as they stand: `curl` sends no JSON unless told, and knows no key."""
    lines = [
        line.removeprefix("$ ") for kind, block in BLOCK.findall(text) for line in block.splitlines() if kind != "toml"
    ]
    known = "tutorial.md" in text or "\nask() {" in text
    return [
        line
        for line in lines
        if line.startswith("curl ") or (line.startswith("ask ") and not (known and re.search(r'"\$[A-Z]+/', line)))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_calls_that_a_page_shows_can_be_pasted_after_the_tutorial(page: Path) -> None:
    assert unready(page.read_text(encoding="utf-8")) == []


PROVIDER = re.compile(r'"(?:provider|paid_by)": "(\w+)"|--provider (\w+)')
PROVIDERS = {each.name for each in (ROOT / "src/orderline/connectors").iterdir()} | {"terms", "credit_account"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_providers_that_a_page_names_are_such_as_there_are(page: Path) -> None:
    named = {first or second for first, second in PROVIDER.findall(page.read_text(encoding="utf-8"))}
    assert named - PROVIDERS == set()


def commands_of(text: str) -> Iterator[list[str]]:
    """The words of each command that a page shows, without `orderline`."""
    for said in SAID.findall(text):
        yield shlex.split(said)[1:]
    for kind, block in BLOCK.findall(text):
        if kind in ("", "sh", "console") and "orderline" in block:
            for words in statements(re.sub(r"^\$ ", "", block, flags=re.MULTILINE)):
                if words[0] == "orderline":
                    end = next((index for index, word in enumerate(words) if word in ENDS_A_COMMAND), len(words))
                    yield words[1:end]


def misused(words: list[str]) -> str:
    """Why a command is none; empty: it is one. Values are not looked at, files need not be there."""
    command: click.Command = cli
    context = click.Context(cli, info_name="orderline", **cli.context_settings)
    left = words
    while isinstance(command, click.Group):
        if not left or left[0].startswith("-"):
            break
        named = command.get_command(context, left[0])
        if named is None:
            return f"no command {left[0]}"
        command, left = named, left[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    try:
        given, _, _ = command.make_parser(context).parse_args(list(left))
    except click.UsageError as error:
        return error.format_message()
    # A command that is named alone, or with an option, says which one is meant and is not one to be given.
    if not left or left[0].startswith("-") or "..." in left:
        return ""
    lacking = [each.name for each in command.params if each.required and is_missing(each, given)]
    return f"lacks {lacking}" if lacking else ""


def is_missing(parameter: click.Parameter, given: Mapping[str, Any]) -> bool:
    return parameter.name not in given or parameter.value_is_missing(given[parameter.name])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_that_a_page_shows_are_such_as_can_be_given(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    faults = [f"{shlex.join(words)}: {fault}" for words in commands_of(text) if (fault := misused(words))]
    assert faults == []


STALE: list[tuple[Any, str]] = [
    (Called("GET", "/v1/nowhere", None), "no such operation"),
    (Called("GET", "/v1/orders?colour=red", None), "no parameter"),
    (Called("POST", "/v1/orders/SO-1/cancellations", '{"because": "x"}'), "INPUT_INVALID"),
    (["order", "shew", "SO-1"], "no command"),
    (["order", "show", "--colour", "SO-1"], "No such option"),
    (["policy", "activate", "returns"], "lacks ['version']"),
]


@pytest.mark.parametrize(("shown", "fault"), STALE)
def test_what_is_stale_is_found(shown: Any, fault: str) -> None:
    assert fault in (fault_of(shown) if isinstance(shown, Called) else misused(shown))


def test_what_can_not_be_pasted_is_found() -> None:
    page = "See the [tutorial](../tutorial.md).\n```sh\n{}\n```\n"
    assert unready(page.format('ask "$URL/v1/orders"')) == []
    for line in ("curl -X PUT $URL/v1/orders -d '{}'", "ask .../v1/orders"):
        assert unready(page.format(line)) == [line]
    assert unready('```sh\nask "$URL/v1/orders"\n```\n') == ['ask "$URL/v1/orders"']


def test_the_pages_show_something_to_look_at() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert sum(1 for text in texts for call in calls_of(text) if call.body) > 50
    assert sum(1 for text in texts for _ in commands_of(text)) > 50


def test_each_picture_is_shown_somewhere() -> None:
    texts = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = {path.name for path in (ROOT / "docs/screens").iterdir()}
    assert {name for name in pictures if f"screens/{name})" not in texts} == set()
