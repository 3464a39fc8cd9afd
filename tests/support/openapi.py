"""Vendors' own OpenAPI files as judges of requests and answers. The files stand beside the checkout, never in it."""

import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import pytest

from support.repository import ROOT
from support.skipping import skip_loudly

GIVEN = "ORDERLINE_TEST_VENDORS"
METHODS = ("get", "put", "post", "delete", "patch")
PROPERTY = "vendor_contracts"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def folder() -> Path:
    """Where the vendors' files are."""
    return Path(os.environ.get(GIVEN) or ROOT.parent / "shared" / "vendors")


def load(name: str) -> Any:
    """A file of the vendors, such as `adyen/spec/checkout-v72.json`; gzipped where there is no other."""
    path = folder() / name
    packed = path.with_name(path.name + ".gz")
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    if not packed.is_file():
        vendor = name.split("/", maxsplit=1)[0]
        skip_loudly(f"what {vendor} itself says of its messages", unless=f"{GIVEN} names the vendors' files")
    return json.loads(gzip.decompress(packed.read_bytes()))


class Invalid(AssertionError):
    """A message is not what the vendor's file says it is."""


class Operation:
    """One operation of a file."""

    def __init__(self, spec: "Spec", method: str, path: str, about: Mapping[str, Any], shared: list[Any]) -> None:
        self.id: str = about.get("operationId") or f"{method}-{path}"
        self.method, self.path = method, path
        self._spec = spec
        self._about = about
        self._names = re.findall(r"{(\w+)}", path)
        self.pattern = re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path)))
        self._parameters = [spec.resolve(each) for each in [*shared, *about.get("parameters", [])]]

    def check_request(
        self, path: str, query: Mapping[str, Any], headers: Mapping[str, str], media: str, body: Any
    ) -> Any:
        """The body as the file types it. Invalid: something of the request is not in the file, or not as it says."""
        found = self.pattern.fullmatch(path)
        assert found
        values = {"path": dict(zip(self._names, map(unquote, found.groups()), strict=True)), "query": query}
        known = {each["name"] for each in self._parameters if each["in"] == "query"}
        for name in query:
            if name not in known:
                raise Invalid(f"{self.id}: {name} is no parameter")
        for each in self._parameters:
            given = {**values, "header": headers}.get(each["in"], {})
            name = each["name"].lower() if each["in"] == "header" else each["name"]
            if name not in given:
                if each.get("required"):
                    raise Invalid(f"{self.id}: {name} is missing")
                continue
            schema = each.get("schema") or {}
            self._spec.check(self._spec.coerce(given[name], schema), schema, f"{self.id} {name}")
        content = self._spec.resolve(self._about.get("requestBody") or {}).get("content", {})
        if not content:
            if body not in (None, "", {}):
                raise Invalid(f"{self.id} takes no body")
            return body
        if media not in content:
            if body is None and not self._spec.resolve(self._about["requestBody"]).get("required"):
                return None
            raise Invalid(f"{self.id} takes {list(content)}, not {media}")
        schema = content[media].get("schema") or {}
        typed = self._spec.coerce(body, schema) if media == FORM else body
        self._spec.check(typed, schema, self.id)
        return typed

    def check_answer(self, status: int, body: Any) -> None:
        """Invalid: the file has no such answer, or another shape of it."""
        answers = self._about["responses"]
        about = answers.get(str(status)) or answers.get(f"{status // 100}XX") or answers.get("default")
        if about is None:
            raise Invalid(f"{self.id} has no answer {status}")
        schema = self._spec.resolve(about).get("content", {}).get(JSON, {}).get("schema")
        if schema:
            self._spec.check(body, schema, f"{self.id} {status}")

    def constant_beside(self, status: int, name: str, value: str, other: str) -> str:
        """What `other` always is in this answer where `name` is `value`, such as the text that goes with a code."""
        places = [self._about["responses"][str(status)]]
        while places:
            place = self._spec.resolve(places.pop())
            if isinstance(place, list):
                places += place
            elif isinstance(place, dict):
                own = place.get("properties", {})
                if isinstance(own, dict) and value in own.get(name, {}).get("enum", ()):
                    return own.get(other, {}).get("enum", [""])[0]
                places += place.values()
        raise AssertionError(f"{self.id} {status} knows no {name} {value}")


class Spec:
    """A vendor's file, read once."""

    def __init__(self, name: str, added: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """added: form fields by operation that the vendor has documented after this file was made."""
        self.name = name
        self._document = load(name)
        self._old = str(self._document.get("openapi", "3.0")).startswith("3.0")
        if added:
            self._add(added)
        components = self._document.get("components", {})
        self._components = _modern(components) if self._old else components
        paths = {**self._document.get("paths", {}), **self._document.get("webhooks", {})}
        self.operations = [
            Operation(self, method, path, about[method], about.get("parameters", []))
            for path, about in paths.items()
            for method in METHODS
            if method in about
        ]
        self._validators: dict[str, Any] = {}

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a path; one without placeholders first."""
        found = [each for each in self.operations if each.method == method and each.pattern.fullmatch(path)]
        return min(found, key=lambda each: each.path.count("{"), default=None)

    def named(self, id_: str) -> Operation:
        return next(each for each in self.operations if each.id == id_)

    def resolve(self, about: Any) -> Any:
        while isinstance(about, dict) and "$ref" in about:
            target: Any = self._document
            for part in about["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            about = target
        return about

    def check(self, value: Any, schema: Any, what: str) -> None:
        name = json.dumps(schema, sort_keys=True)
        if name not in self._validators:
            root = {"allOf": [_modern(schema) if self._old else schema], "components": self._components}
            self._validators[name] = jsonschema_rs.Draft202012Validator(root)
        faults = [
            f"{fault.instance_path}: {fault.message}"[:400] for fault in self._validators[name].iter_errors(value)
        ]
        if faults:
            raise Invalid(f"{self.name} {what}: {'; '.join(faults[:5])}")

    def is_valid(self, value: Any, schema: Any) -> bool:
        try:
            self.check(value, schema, "")
        except Invalid:
            return False
        return True

    def coerce(self, value: Any, schema: Any) -> Any:
        """Text of a form or a query as the type the file gives it."""
        schema = self.resolve(schema)
        for each in schema.get("anyOf", ()):
            typed = self.coerce(value, each)
            if self.is_valid(typed, each):
                return typed
        for each in schema.get("allOf", ()):
            value = self.coerce(value, each)
        type_ = schema.get("type")
        if isinstance(value, dict):
            if type_ == "array":
                return [self.coerce(each, schema.get("items", {})) for each in value.values()]
            extra = schema.get("additionalProperties")
            own = schema.get("properties", {})
            return {
                name: self.coerce(each, own.get(name) or (extra if isinstance(extra, dict) else {}))
                for name, each in value.items()
            }
        if type_ == "integer" and re.fullmatch(r"-?\d+", str(value)):
            return int(value)
        if type_ == "boolean" and value in ("true", "false"):
            return value == "true"
        return value

    def _add(self, added: Mapping[str, Mapping[str, Any]]) -> None:
        for operation in (about for item in self._document["paths"].values() for about in item.values()):
            if isinstance(operation, dict) and operation.get("operationId") in added:
                schema = operation["requestBody"]["content"][FORM]["schema"]
                for path, field in added[operation["operationId"]].items():
                    place = schema
                    *parents, last = path.split(".")
                    for name in parents:
                        place = place["properties"][name]
                        place = next((s for s in place.get("anyOf", ()) if s.get("type") == "object"), place)
                    place["properties"][last] = field


def _modern(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: `nullable` is a type, exclusive bounds are numbers."""
    if isinstance(schema, list):
        return [_modern(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _modern(each) for name, each in schema.items() if name not in ("nullable", "example")}
    if isinstance(changed.get("exclusiveMinimum"), bool):
        changed.pop("exclusiveMinimum")
    if isinstance(changed.get("exclusiveMaximum"), bool):
        changed.pop("exclusiveMaximum")
    if schema.get("nullable") is True:
        return {"anyOf": [changed, {"type": "null"}]}
    return changed


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """`a[b][0]=c` as {"a": {"b": {"0": "c"}}}."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        *parents, last = re.findall(r"[^\[\]]+", name)
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return tree


@cache
def spec(name: str) -> Spec:
    return Spec(name)


def summary(reports: list[pytest.TestReport]) -> list[str]:
    """What was checked against vendors' files in this run, a line for each file."""
    requests: dict[str, Counter[str]] = {}
    samples: dict[str, set[str]] = {}
    for report in reports:
        for name, told in getattr(report, "user_properties", ()):
            if name == PROPERTY:
                for vendor, operation in told["requests"]:
                    requests.setdefault(vendor, Counter())[operation] += 1
                for vendor, sample in told["samples"]:
                    samples.setdefault(vendor, set()).add(sample)
    lines = [
        f"{vendor:44} {sum(requests.get(vendor, Counter()).values()):5} requests valid,"
        f" {len(requests.get(vendor, ())):3} operations, {len(samples.get(vendor, ())):4} samples read"
        for vendor in sorted(requests.keys() | samples.keys())
    ]
    return [*lines, *_totals(requests, samples)]


def _totals(requests: Mapping[str, Counter[str]], samples: Mapping[str, set[str]]) -> list[str]:
    """A line for each vendor, all its files together."""

    def of(books: Mapping[str, Any], vendor: str) -> list[Any]:
        return [told for name, told in books.items() if _vendor(name) == vendor]

    return [
        f"{vendor + ', in all':44} {sum(sum(each.values()) for each in of(requests, vendor)):5} requests valid,"
        f" {sum(map(len, of(requests, vendor))):3} operations, {sum(map(len, of(samples, vendor))):4} samples read"
        for vendor in sorted({_vendor(name) for name in requests.keys() | samples.keys()})
    ]


def _vendor(name: str) -> str:
    return name.partition("/")[0].partition(" ")[0]
