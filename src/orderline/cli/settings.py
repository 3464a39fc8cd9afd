"""`orderline sku`, `location`, `pool`, `channel`: the merchant's settings, from files, shown before they are made."""

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_origin

import click
import msgspec

from orderline.cli.agreeing import agreed, document, person, yes_option
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import count
from orderline.cli.ports import Failure, installation
from orderline.core.entities.commands import PutEntity
from orderline.core.entities.state import LegalEntity
from orderline.core.orders.commands import Command
from orderline.core.stock.commands import PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import Channel, Location, Pool, Sku

SKUS_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Kind:
    """One kind of setting. columns: what its list shows."""

    name: str
    type: type[msgspec.Struct]
    columns: tuple[str, ...]
    many: str = ""

    @property
    def plural(self) -> str:
        """All of them."""
        return self.many or f"{self.name}s"


SKU: Final = Kind("sku", Sku, ("code", "description", "kind", "short_policy", "active"))
LOCATION: Final = Kind("location", Location, ("code", "name", "kind", "pool", "active"))
POOL: Final = Kind("pool", Pool, ("code", "name"))
ENTITY: Final = Kind("entity", LegalEntity, ("code", "name", "country", "currency"), "entities")
CHANNEL: Final = Kind("channel", Channel, ("code", "name", "pools", "currencies", "active"))


def group_of(kind: Kind) -> click.Group:
    """`put FILE` and `list` for a kind."""

    @click.group(kind.name, help=f"{kind.plural.capitalize()}: put, list." if kind is not SKU else "SKUs: put, list.")
    def group() -> None:
        pass

    @group.command("put")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
    @yes_option
    @json_option
    def put(file: Path, yes: bool, as_json: bool) -> None:
        """Create or replace what FILE holds: JSON (one, a list, or one a line) or CSV (- for standard input)."""
        _put(kind, file, yes=yes, as_json=as_json)

    @group.command("list")
    @json_option
    def list_(as_json: bool) -> None:
        """All there are, by code."""
        found = sorted(_known(kind, None).values(), key=lambda each: each.code)
        if as_json:
            emit({"items": found})
            return
        table(kind.columns, ([_shown(getattr(each, name)) for name in kind.columns] for each in found))

    return group


def _put(kind: Kind, file: Path, *, yes: bool, as_json: bool) -> None:
    values: list[Any] = list({each.code: each for each in _read(kind, file)}.values())
    known = _known(kind, [each.code for each in values])
    changes = [change for each in values if (change := _change_of(known.get(each.code), each)) is not None]
    if not as_json:
        for each in changes[:50]:
            say(f"  {each['code']}: {each['change']}")
        more = f", {count(len(changes) - 50, 'more')} not shown" if len(changes) > 50 else ""
        say(f"{count(len(changes), 'change')} in {count(len(values), kind.name, kind.plural)}{more}.")
    done = bool(changes) and agreed(yes, as_json=as_json)
    if done:
        changed = {each["code"] for each in changes}
        here = installation()
        with here.database() as database, here.engine(database) as engine:
            for command in _commands(kind, [each for each in values if each.code in changed]):
                engine.run(command, actor=person())
    if as_json:
        emit(document(changes, applied=done))
    elif done:
        say("Done.")


def _commands(kind: Kind, values: Sequence[Any]) -> Iterable[Command]:
    if kind is SKU:
        # Bundles after what they are made of.
        ordered = sorted(values, key=lambda each: bool(each.components))
        for start in range(0, len(ordered), SKUS_AT_ONCE):
            yield PutSkus(skus=tuple(ordered[start : start + SKUS_AT_ONCE]))
        return
    for each in values:
        if kind is LOCATION:
            yield PutLocation(location=each)
        elif kind is ENTITY:
            yield PutEntity(entity=each)
        elif kind is POOL:
            yield PutPool(pool=each)
        else:
            yield PutChannel(channel=each)


def _change_of(before: Any, after: Any) -> dict[str, Any] | None:
    """What would change; nothing, when it stands so already."""
    if before is None:
        return {"code": after.code, "change": "new"}
    differs = [name for name in after.__struct_fields__ if getattr(before, name) != getattr(after, name)]
    told = "; ".join(f"{n} {_shown(getattr(before, n)) or '-'} -> {_shown(getattr(after, n)) or '-'}" for n in differs)
    return {"code": after.code, "change": told} if differs else None


def _known(kind: Kind, codes: Sequence[str] | None) -> dict[str, Any]:
    """What there is, by code: those asked for, or all."""
    from orderline.cli.sources import reading
    from orderline.store.reading.levels import load_skus
    from orderline.store.reading.promises import load_known

    with reading() as source:
        if kind is not SKU:
            return dict(getattr(source.settings(), kind.plural))
        if codes is not None:
            return {code: found[0] for code, found in load_known(source, set(codes)).items()}
        found: dict[str, Any] = {}
        while page := load_skus(source, after=max(found, default=""), most=1_000):
            found.update({each.code: each for each in page})
        return found


def _read(kind: Kind, file: Path) -> list[Any]:
    """What a file holds. Failure: it can't be read, or is of another form; with the place."""
    try:
        text = (sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} can't be read: {error}.") from error
    try:
        return [msgspec.convert(each, kind.type, strict=False) for each in _documents(kind, text)]
    except (msgspec.MsgspecError, csv.Error) as error:
        raise Failure(
            f"{file} does not hold {kind.plural}: {error}.", "The reference says which fields there are."
        ) from error


def _documents(kind: Kind, text: str) -> list[Any]:
    start = text.lstrip()[:1]
    if start == "[":
        return msgspec.json.decode(text)
    if start == "{":
        try:
            one = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return [msgspec.json.decode(line) for line in text.splitlines() if line.strip()]
        return one[kind.plural] if list(one) == [kind.plural] else [one]
    return [_row(kind, row) for row in csv.DictReader(io.StringIO(text), strict=True)]


def _row(kind: Kind, row: dict[str | None, str]) -> dict[str, Any]:
    """A row of CSV: `place.country` is a field of a field, lists have semicolons between their items."""
    lists = {each.name for each in msgspec.structs.fields(kind.type) if get_origin(each.type) is tuple}
    found: dict[str, Any] = {}
    for name, text in row.items():
        if not text:
            continue
        outer, _, inner = str(name).strip().partition(".")
        if inner:
            found.setdefault(outer, {})[inner] = text
        else:
            found[outer] = [part.strip() for part in text.split(";")] if outer in lists else text
    return found


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_shown, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(msgspec.to_builtins(value)) if isinstance(value, msgspec.Struct) else "" if value is None else str(value)


sku, location, pool, channel, entity = (group_of(kind) for kind in (SKU, LOCATION, POOL, CHANNEL, ENTITY))
