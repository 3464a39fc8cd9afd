"""Order files of any shape, read as an import reads them."""

import csv
import io
import json
from typing import Any

from orderline.core.imports.cancellations import Matcher, Planner
from orderline.core.imports.documents import Document, Row, rule_taken
from orderline.core.imports.grouping import read_documents
from orderline.core.imports.json_lines import json_profile, read_line
from orderline.core.imports.mapping import Mapping, parse_mapping
from orderline.core.imports.profile import Options, make_profile
from orderline.core.orders.commands import PlaceOrder


def taken_in(text: str, mapping: str = "", **options: Any) -> list[Document]:
    """The documents of a CSV text, as an import reads it: plan, match, read."""
    mapped = parse_mapping(mapping)
    cells = list(csv.reader(io.StringIO(text), delimiter=mapped.delimiter or ","))
    profile = make_profile(cells[0], mapped, Options(**options))
    rows = [Row(number, each, "\x1f".join(each)) for number, each in enumerate(cells[1:], 1)]
    planner = Planner(profile)
    for row in rows:
        planner.read(row)
    matcher = Matcher(profile, planner.plan)
    for row in rows:
        matcher.read(row)
    return list(read_documents(profile, planner.plan, rows))


def verdicts(documents: list[Document]) -> list[str]:
    """The verdict of each row by its number, if every order is taken."""
    by_row: dict[int, str] = {}
    for document in documents:
        for row, ruling in zip(document.rows, rule_taken(document, known=False), strict=True):
            by_row[row.number] = ruling.verdict
    return [by_row[number] for number in sorted(by_row)]


def only_order(documents: list[Document]) -> PlaceOrder:
    [order] = [document.order for document in documents if document.order is not None]
    return order


def read_json(body: object, **options: Any) -> Document:
    line = body if isinstance(body, bytes) else json.dumps(body).encode()
    options.setdefault("currency", "EUR")
    return read_line(json_profile(Mapping(), Options(**options)), 1, line)
