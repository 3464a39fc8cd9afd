"""Legal entities, and what currencies are worth."""

from typing import Any, Final

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import Page, page_of, parse_cursor, readers
from orderline.api.scoping import check_unlimited
from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.refusals import EntityRefusal
from orderline.core.entities.state import LegalEntity, RateTable, pair_of
from orderline.values.failures import Refused


async def _put_entity(call: Call[None, Any]) -> Answer:
    check_unlimited(call)
    entity = LegalEntity(code=call.path["code"], **fields_of(call.input))
    answer = await decide(call, PutEntity(entity=entity))
    return Answer(entity, headers=answer.headers)


async def _list_entities(call: Call[Page, None]) -> Answer:
    settings = await readers(call).run(lambda source: source.settings())
    after = parse_cursor(call.query.cursor, str) or ""
    found = [each for code, each in sorted(settings.entities.items()) if code > after]
    return page_of(found, call.query.limit, lambda entity: entity.code)


async def _read_entity(call: Call[None, None]) -> Answer:
    settings = await readers(call).run(lambda source: source.settings())
    found = settings.entities.get(call.path["code"])
    if found is None:
        raise Refused(EntityRefusal.ENTITY_UNKNOWN, field="code", value=call.path["code"][:100])
    return Answer(found)


async def _put_rates(call: Call[None, Any]) -> Answer:
    check_unlimited(call)
    command = PutRates(currency=call.path["currency"], base=call.path["base"], days=call.input.days)
    answer = await decide(call, command)
    settings = await readers(call).run(lambda source: source.settings())
    code = pair_of(command.currency, command.base)
    return Answer(settings.rates.get(code) or RateTable(code, command.days), headers=answer.headers)


async def _list_rates(call: Call[Page, None]) -> Answer:
    settings = await readers(call).run(lambda source: source.settings())
    after = parse_cursor(call.query.cursor, str) or ""
    found = [each for code, each in sorted(settings.rates.items()) if code > after]
    return page_of(found, call.query.limit, lambda table: table.code)


_RatesInput: Final = input_of(PutRates, "PutRatesInput", without=("currency", "base"))

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="put_entity", method="PUT", path="/v1/entities/{code}", right=Right.SETTINGS_WRITE,
        summary="Create or replace a legal entity", handler=_put_entity, capability="entities",
        description="Who sells on a channel, keeps books and issues invoices. `main` is there without being put.",
        input=input_of(LegalEntity, "PutEntityInput", without=("code", "closed_until")), output=LegalEntity,
        refusals=(
            "CODE_NOT_ACCEPTABLE", "COUNTRY_UNKNOWN", "CURRENCY_UNKNOWN", "TIME_ZONE_UNKNOWN",
            "ENTITY_CHANGES_CURRENCY", "NUMBERS_NOT_ACCEPTABLE", "ENDPOINT_NOT_ACCEPTABLE",
        ),
    ),
    Operation(
        name="list_entities", method="GET", path="/v1/entities", right=Right.SETTINGS_READ,
        summary="List legal entities", handler=_list_entities, capability="entities", query=Page, output=LegalEntity,
        page=True,
    ),
    Operation(
        name="read_entity", method="GET", path="/v1/entities/{code}", right=Right.SETTINGS_READ,
        summary="Read a legal entity", handler=_read_entity, capability="entities", output=LegalEntity,
        refusals=("ENTITY_UNKNOWN",),
    ),
    Operation(
        name="put_rates", method="PUT", path="/v1/rates/{currency}/{base}", right=Right.LEDGER_WRITE,
        summary="Say what a currency is worth in another from some days on",
        description="A posting takes the rate of its day, or the last before it, and keeps it. The last 62 days stay here.",
        handler=_put_rates, capability="entities", input=_RatesInput, output=RateTable,
        refusals=("CURRENCY_UNKNOWN", "RATE_NOT_ACCEPTABLE"),
    ),
    Operation(
        name="list_rates", method="GET", path="/v1/rates", right=Right.LEDGER_READ, summary="List rates by pair",
        handler=_list_rates, capability="entities", query=Page, output=RateTable, page=True,
    ),
)  # fmt: skip
