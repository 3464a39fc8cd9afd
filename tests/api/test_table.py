"""The tables of operations and problems are complete: no code without a row, no operation without a right."""

import ast
import re
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from api.stage import Stage
from orderline.api.calls import Operation, Right
from orderline.api.examples import EXAMPLES
from orderline.api.openapi import render_openapi
from orderline.api.openapi_words import PATH, QUERY, TAGS
from orderline.api.operations import OPERATIONS
from orderline.api.problem_table import PROBLEMS
from orderline.api.routes import Routes
from orderline.values.failures import Refused
from support.repository import PACKAGE, modules


def codes() -> Iterator[tuple[str, str]]:
    """(enum, code) of every refusal in the package."""
    for _, tree in modules(package=PACKAGE):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Refusal"):
                for each in node.body:
                    if isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant):
                        yield node.name, str(each.value.value)


def test_every_refusal_has_a_row_and_every_row_a_refusal() -> None:
    known = {code for _, code in codes()}
    assert sorted(known - PROBLEMS.keys()) == []
    assert sorted(PROBLEMS.keys() - known) == []


def test_every_row_reads_as_a_sentence() -> None:
    for code, row in PROBLEMS.items():
        assert row.status in {401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 429, 431, 500, 503}, code
        assert row.title[0].isupper(), code
        assert not row.title.endswith("."), code
        assert not row.advice.endswith("."), code


def test_every_operation_has_a_right_a_name_and_a_route_of_its_own() -> None:
    assert get_type_hints(Operation)["right"] is Right
    without: dict[str, Any] = {
        "name": "x",
        "method": "GET",
        "path": "/",
        "summary": "",
        "handler": None,
        "capability": "",
    }
    with pytest.raises(TypeError):
        Operation(**without)
    names = [each.name for each in OPERATIONS]
    assert len(names) == len(set(names))
    Routes(OPERATIONS)
    with pytest.raises(RuntimeError):
        Routes([*OPERATIONS, OPERATIONS[0]])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_operation_says_what_it_is_for(operation: Operation) -> None:
    assert isinstance(operation.right, Right)
    assert operation.summary
    assert not operation.summary.endswith(".")
    assert re.fullmatch(r"[a-z_]+", operation.name)
    assert re.fullmatch(r"(/v1(/[a-z.-]+|/\{[a-z_0-9]+\})+|/metrics)", operation.path)
    assert set(operation.refusals) <= PROBLEMS.keys()
    assert operation.writes or operation.method in ("GET", "POST")


def test_the_right_to_write_is_asked_for_where_something_is_written() -> None:
    for operation in OPERATIONS:
        if operation.method in ("PUT", "PATCH", "DELETE"):
            assert operation.right.endswith(":write") or operation.right is Right.ADMIN, operation.name


def test_inputs_take_no_field_they_do_not_know() -> None:
    for operation in OPERATIONS:
        for type_ in get_args(operation.input) or (operation.input,):
            if isinstance(type_, type) and issubclass(type_, msgspec.Struct) and operation.name != "preview":
                assert type_.__struct_config__.forbid_unknown_fields, operation.name


def test_the_description_holds_no_loose_references() -> None:
    text = msgspec.json.encode(render_openapi()).decode()
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names <= render_openapi()["components"]["schemas"].keys()


PATHS = [
    ("GET", "/a", "whole"),
    ("GET", "/a/", "ROUTE_UNKNOWN"),
    ("GET", "/a/b", "fixed"),
    ("POST", "/a/b", "other"),
    ("GET", "/a/c", "ROUTE_MISSES_METHOD"),
    ("POST", "/a/c", "other"),
    ("GET", "/a/c/d", "deep"),
    ("GET", "/a//d", "ROUTE_UNKNOWN"),
    ("HEAD", "/a", "whole"),
    ("GET", "/", "ROUTE_UNKNOWN"),
    ("GET", "", "ROUTE_UNKNOWN"),
]


class Route(msgspec.Struct):
    method: str
    path: str
    name: str


@pytest.mark.parametrize(("method", "path", "found"), PATHS)
def test_a_path_finds_its_operation(method: str, path: str, found: str) -> None:
    routes = Routes(
        [Route("GET", "/a", "whole"), Route("GET", "/a/b", "fixed"), Route("POST", "/a/{x}", "other"),
         Route("GET", "/a/{x}/d", "deep")]
    )  # fmt: skip
    scope = {"method": method, "path": path, "raw_path": path.encode()}
    if found == "ROUTE_UNKNOWN" or found == "ROUTE_MISSES_METHOD":
        with pytest.raises(Refused) as refused:
            routes.find(scope)
        assert refused.value.code == ("METHOD_NOT_ALLOWED" if "MISSES" in found else found)
    else:
        assert routes.find(scope)[0].name == found


def test_every_parameter_and_every_tag_is_described_and_nothing_else() -> None:
    told = render_openapi("test")
    used: dict[str, set[str]] = {"path": set(), "query": set(), "header": set()}
    for operations in told["paths"].values():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                assert parameter["description"]
                used[parameter["in"]].add(parameter["name"])
    assert used["path"] == set(PATH)
    assert used["query"] == set(QUERY)
    assert {tag["name"] for tag in told["tags"]} == set(TAGS)


def test_every_struct_and_every_enum_is_described() -> None:
    schemas = render_openapi("test")["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_have_the_form_that_their_operation_takes(name: str) -> None:
    operation = next(each for each in OPERATIONS if each.name == name)
    for example in EXAMPLES[name].values():
        msgspec.convert(example["value"], operation.input)


def test_the_example_of_an_order_can_be_placed(stage: Stage) -> None:
    value = EXAMPLES["place_order"]["three_shirts"]["value"]
    assert stage.call("POST", "/v1/orders", json=value).status_code == 201
