"""The OpenAPI description, made from the operations table and the structs, so that it can't say something else."""

import re
from functools import lru_cache
from typing import Any, Final

import msgspec

from orderline.api.calls import Body, Operation, Right
from orderline.api.examples import EXAMPLES
from orderline.api.openapi_words import PATH, QUERY, TAGS
from orderline.api.operations import OPERATIONS
from orderline.api.problem_table import PROBLEMS
from orderline.api.problems import MEDIA, Problem

_REF: Final = "#/components/schemas/{name}"
_APART: Final = "Command"
_NAME: Final = re.compile(r"\{(\w+)\}")
_ALWAYS: Final = {
    406: "The answer is not to be had in a media type of the header Accept",
    414: "The path with its query is too long",
    431: "The headers are too many or too long",
    500: "A fault of ours; `instance` names it in our log",
    503: "Something this needs does not answer; Retry-After says when to try again",
}
_KEYED: Final = {
    401: "No API key, or one that is not known",
    403: "The key does not have the right, or not for this channel or location",
    429: "Too many requests; Retry-After says when to try again",
}
_BODIED: Final = {413: "The body is too large", 415: "The body is of a media type that is not taken here"}


def render_openapi(version: str = "") -> dict[str, Any]:
    """The description as plain JSON values."""
    types = _types()
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF, schema_hook=_schema_hook)
    by_type = {id(type_): _told_apart(schema, components) for type_, schema in zip(types, schemas, strict=True)}
    for query in {each.query.__name__: each.query for each in OPERATIONS if each.query is not None}.values():
        _, found = msgspec.json.schema_components([query], ref_template=_REF, schema_hook=_schema_hook)
        components |= {name: schema for name, schema in found.items() if name != query.__name__}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, by_type)
    description = {
        "openapi": "3.1.0",
        "info": {
            "title": "Orderline",
            "version": version or "0",
            "description": "Order management: one order truth. Amounts are whole minor units of their currency, times"
            " RFC 3339 in UTC, ids UUIDs; an order is named by its id or by its number.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {
                name: schema if name.endswith(_APART) else _tidied(schema)
                for name, schema in sorted(components.items())
            },
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: `ol_<id>_<secret>`"}
            },
            "responses": {"problem": _problem("What went wrong")},
        },
        "tags": [
            {"name": name, "description": TAGS[name]} for name in sorted({each.capability for each in OPERATIONS})
        ],
    }
    return msgspec.to_builtins(description, enc_hook=str, str_keys=True)


@lru_cache(maxsize=4)
def encoded_openapi(version: str) -> bytes:
    """The description as JSON."""
    return msgspec.json.encode(render_openapi(version))


def _types() -> list[Any]:
    types: list[Any] = [Problem]
    for each in OPERATIONS:
        types += [type_ for type_ in (each.input, each.output) if type_ is not None]
    unique = {id(type_): type_ for type_ in types if not isinstance(type_, str)}
    return list(unique.values())


def _operation(operation: Operation, schemas: dict[int, dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.capability],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_header_parameters(operation)],
        "responses": _responses(operation, schemas),
    }
    if operation.description:
        told["description"] = operation.description
    if operation.right in (Right.PUBLIC, Right.SIGNATURE):
        told["security"] = []
    else:
        told["security"] = [{"key": []}]
        told["x-right"] = operation.right.value
    body = _body(operation, schemas)
    if body:
        told["requestBody"] = body
    return told


def _body(operation: Operation, schemas: dict[int, dict[str, Any]]) -> dict[str, Any] | None:
    if operation.takes is Body.JSON:
        content: dict[str, Any] = {"schema": schemas[id(operation.input)]}
        if operation.name in EXAMPLES:
            content["examples"] = EXAMPLES[operation.name]
        return {"required": _needs_body(operation.input), "content": {"application/json": content}}
    if operation.takes is Body.RAW:
        return {"required": True, "content": {"application/json": {"schema": {}}}}  # as it came
    if operation.takes is Body.STREAM:
        text = {"schema": {"type": "string"}}
        return {"required": True, "content": {"text/csv": text, "application/x-ndjson": text}}
    return None


def _needs_body(type_: Any) -> bool:
    return not isinstance(type_, type) or any(field.required for field in msgspec.structs.fields(type_))


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH[name],
            "schema": {"type": "string", "minLength": 1},
        }
        for name in _NAME.findall(operation.path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    _, components = msgspec.json.schema_components([operation.query], ref_template=_REF, schema_hook=_schema_hook)
    name = operation.query.__name__
    schema = _tidied(components[name])
    required = schema.get("required", ())
    return [
        {
            "name": field,
            "in": "query",
            "required": field in required,
            "description": each.get("description", QUERY[field]),
            "schema": _without_null(each),
        }
        for field, each in schema.get("properties", {}).items()
        # an open family of names, such as custom.NAME, is told of in the description
        if each.get("type") != "object"
    ]


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    if not operation.writes or operation.right in (Right.PUBLIC, Right.SIGNATURE):
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "The caller's name for this intention: the same key has one effect and one answer.",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:/+=@~-]{1,200}$"},
        },
        {
            "name": "Reason",
            "in": "header",
            "required": False,
            "description": "Why, for the journal and the audit log, in at most 500 characters; what is not ASCII is"
            " percent-encoded as UTF-8.",
            "schema": {"type": "string"},
        },
    ]


def _responses(operation: Operation, schemas: dict[int, dict[str, Any]]) -> dict[str, Any]:
    responses = {str(operation.success): _success(operation, schemas)}
    if operation.output is not None and operation.name in ("read_health", "read_readiness"):
        responses["503"] = _success(operation, schemas) | {"description": "Not well"}
    told: dict[int, list[str]] = {}
    for code in operation.refusals:
        told.setdefault(PROBLEMS[code].status, []).append(code)
    texts = dict(_ALWAYS)
    if operation.right is not Right.PUBLIC:
        texts |= _KEYED
    if operation.takes is not Body.NONE:
        texts |= _BODIED
    texts |= {status: _KEYED[status] for status in told if status in _KEYED}
    texts.setdefault(422, "A value can't be right, whatever the state")
    if operation.writes or 409 in told:
        texts.setdefault(409, "The present state does not allow it")
    if "{" in operation.path or 404 in told:
        texts.setdefault(404, "There is no such thing, or not for this key")
    for status, text in sorted(texts.items()):
        codes = f": {', '.join(told[status])}" if status in told else ""
        responses.setdefault(str(status), _problem(f"{text}{codes}"))
    return responses


def _success(operation: Operation, schemas: dict[int, dict[str, Any]]) -> dict[str, Any]:
    output = operation.output
    if output is None:
        return {"description": "Done"}
    if isinstance(output, str):
        content = {media: {"schema": {"type": "string"}} for media in output.split(", ")}
        return {"description": operation.summary, "content": content}
    schema = schemas[id(output)]
    if operation.page:
        schema = {
            "type": "object",
            "required": ["items", "next"],
            "properties": {"items": {"type": "array", "items": schema}, "next": {"type": ["string", "null"]}},
        }
    described = output.__doc__ if isinstance(output, type) and issubclass(output, msgspec.Struct) else None
    return {
        "description": " ".join((described or operation.summary).split()),
        "content": {"application/json": {"schema": schema}},
    }


def _problem(text: str) -> dict[str, Any]:
    return {"description": text, "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _told_apart(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A union of commands, each with the tag that tells them apart; elsewhere they stand without it."""
    if "discriminator" not in schema:
        return schema
    mapping: dict[str, str] = schema["discriminator"]["mapping"]
    for ref in mapping.values():
        name = ref.rpartition("/")[2]
        components[f"{name}{_APART}"] = components[name]
    return {
        "anyOf": [{"$ref": f"{ref}{_APART}"} for ref in mapping.values()],
        "discriminator": {
            **schema["discriminator"],
            "mapping": {tag: f"{ref}{_APART}" for tag, ref in mapping.items()},
        },
    }


def _tidied(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the tag that tells commands apart where there is only one."""
    properties = schema.get("properties", {})
    if "command" in properties and "enum" in properties["command"]:
        properties = {name: each for name, each in properties.items() if name != "command"}
        required = [name for name in schema.get("required", ()) if name != "command"]
        return {**schema, "properties": properties, "required": required}
    return schema


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kept = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return kept[0] if len(kept) == 1 else {name: each for name, each in schema.items() if name != "default"}


def _schema_hook(type_: Any) -> dict[str, Any]:
    raise NotImplementedError(f"no schema for {type_}")
