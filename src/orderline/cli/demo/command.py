"""`orderline demo`: everything started, a day of orders taken in, delivered, summed up and verified."""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, NoReturn

import click

from orderline.cli.output import json_option, say
from orderline.cli.ports import Failure, Stage, installation

if TYPE_CHECKING:
    from orderline.cli.demo.day import Planned
    from orderline.cli.demo.director import Director
    from orderline.cli.demo.merchant import Merchant
    from orderline.cli.demo.play import Player, Tally
    from orderline.cli.demo.scenes import Told
    from orderline.cli.demo.watch import Watch

LOOK_EVERY_S: Final = 0.4
# Nothing has moved for so long: what is left waits for people or for supply.
STILL_S: Final = 45.0
# So long even where one of the people played still waits for something.
GIVE_UP_S: Final = 120.0
QUIET_LOOKS: Final = 4


@click.command()
@click.option("--orders-count", "count", type=click.IntRange(1, 100_000), default=3_000, show_default=True,
              help="How many orders the day has.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="What merchant and day are drawn from.")
@click.option("--speed", type=click.IntRange(1, 100_000), default=2_000, show_default=True,
              help="How many times faster than in life the day goes.")  # fmt: skip
@click.option("--orders", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Play these orders instead: JSON Lines, each the body of POST /v1/orders.")  # fmt: skip
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path),
              help="Keep everything in this folder; without it a private one that is removed at the end.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the API; 8787, or a free one when that is taken.")
@click.option("--exit", "then_exit", is_flag=True, help="End after the summary, instead of going on.")
@json_option
def demo(
    count: int,
    seed: int,
    speed: int,
    orders: Path | None,
    data_dir: Path | None,
    port: int | None,
    then_exit: bool,
    as_json: bool,
) -> None:
    """Start everything and watch a day of orders go through.

    A made-up merchant (3 warehouses, 12 stores, 5,000 SKUs, 3 channels) takes in a day of orders over HTTP; sandbox
    warehouses, carriers and payment providers do their part over HTTP too, with short picks, lost parcels, late
    cancellations and lost answers. Exit status 1 when `verify` finds a fault.
    """
    began = monotonic()
    for each in (signal.SIGTERM, signal.SIGHUP):  # the terminal may be closed, too
        signal.signal(each, _end)
    with _folder(data_dir) as folder, installation().stage(data_dir=folder, port=port, speed=speed, seed=seed) as stage:
        tries = _run(stage, count=count, seed=seed, speed=speed, orders=orders, began=began, as_json=as_json)
        if then_exit:
            if data_dir is not None and not as_json:
                from orderline.cli.demo.closing import say_where_kept

                say_where_kept(stage)
            return
        _go_on(stage, tries, data_dir)


def _end(*_: object) -> NoReturn:
    """Asked to end, it cleans up as after Ctrl-C."""
    raise KeyboardInterrupt


def _run(
    stage: Stage, *, count: int, seed: int, speed: int, orders: Path | None, began: float, as_json: bool
) -> "list[tuple[str, str]]":
    """Play the day; gives what is worth looking at: why, and the command."""
    from orderline.cli.demo.bookkeeping import close_books, print_books
    from orderline.cli.demo.closing import print_summary
    from orderline.cli.demo.day import Shopper
    from orderline.cli.demo.hints import hints
    from orderline.cli.demo.merchant import make_merchant
    from orderline.cli.demo.summary import summarize
    from orderline.cli.upkeep import run_verify
    from orderline.store.census import each_order

    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    merchant = make_merchant(seed, count)
    if orders is not None:
        from orderline.cli.demo.given import read_given

        day = read_given(orders, merchant, midnight)
    else:
        day = Shopper(merchant, seed, midnight).day(count)
    tally, told = asyncio.run(_play(stage, merchant, day, speed=speed, began=began))
    summary = summarize(each_order(stage.database), tally)
    took_s = monotonic() - began
    returned = next((each.examples["order"] for each in told if each.scene == "returns"), "")
    balance, papers = close_books(stage, returned)
    if as_json:
        from orderline.cli.output import emit

        first_s = round(tally.first_s or 0, 2)
        emit({
            "summary": summary, "told": told, "balance": balance, "papers": papers, "first_order_s": first_s,
            "seconds": round(took_s, 1),
        })  # fmt: skip
    else:
        print_summary(summary, tally, told, took_s)
        print_books(balance, papers)
    if run_verify(stage.database, as_json=as_json):
        raise Failure("verify found faults in the demo: this is a fault of Orderline.", f"Its log is {stage.log}.")
    return hints(summary, told, merchant)


async def _play(
    stage: Stage, merchant: "Merchant", day: "list[Planned]", *, speed: int, began: float
) -> "tuple[Tally, list[Told]]":
    from orderline.cli.demo.calling import Caller, first_of
    from orderline.cli.demo.director import Director
    from orderline.cli.demo.play import Player
    from orderline.cli.demo.scenes import Set
    from orderline.cli.demo.watch import Watch

    api, visitor = Caller(stage.base_url, stage.api_key), Caller(stage.base_url, "")
    mail = Caller(stage.sandbox_url, stage.sandbox_key)
    player = Player(api, speed=speed, began=began)
    try:
        with Watch(len(day), began=began) as watch:
            director = Director(Set(api, mail, visitor, player, merchant, watch.note))
            await player.set_up(merchant)
            await director.before()
            stores = sum(each["kind"] == "store" for each in merchant.locations)
            warehouses = len(merchant.locations) - stores
            watch.note(
                f"{warehouses} warehouses, {stores} stores, {len(merchant.skus):,} SKUs, {len(merchant.channels)} channels"
                f" after {monotonic() - began:.1f} s; now a day of {len(day):,} orders, {speed:,} times faster than in life."
            )
            async with asyncio.TaskGroup() as group:
                people = [group.create_task(each) for each in director.people()]
                watching = group.create_task(_watch(stage, player, director, watch))
                await player.play(day, director.agenda())
                await watching
                for each in people:
                    each.cancel()
            return player.tally, await director.told()
    except BaseExceptionGroup as failures:
        raise first_of(failures) from None
    finally:
        for each in (api, visitor, mail):
            await each.close()


async def _watch(stage: Stage, player: "Player", director: "Director", watch: "Watch") -> None:
    """Draw what is there until nothing moves any more."""
    from orderline.cli.demo.ending import Ending
    from orderline.store.census import recent_entries, take_census

    ending = Ending(stage, quiet_looks=QUIET_LOOKS, still_s=STILL_S)
    while True:
        asked = director.busy
        census = await asyncio.to_thread(take_census, stage.database)
        recent = await asyncio.to_thread(recent_entries, stage.database, 8) if sys.stderr.isatty() else []
        watch.show(player.tally, player.clock_s, census, recent)
        if not stage.alive():
            raise Failure("The demo's server has ended.", f"Its log is {stage.log}.")
        if player.done and await ending.reached(census, asked=bool(asked)):
            return
        if player.done and asked and ending.still_for_s > GIVE_UP_S:
            say(f"Nothing moves any more, though there is something to do for: {', '.join(asked)}.")
            return
        await asyncio.sleep(LOOK_EVERY_S)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """The folder asked for, or a private one that is removed at the end."""
    if kept is not None:
        yield kept
        return
    folder = Path(tempfile.mkdtemp(prefix="orderline-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _go_on(stage: Stage, tries: list[tuple[str, str]], kept: Path | None) -> None:
    """Run until Ctrl-C or SIGTERM."""
    import threading

    from orderline.cli.demo.closing import say_what_to_try

    say_what_to_try(stage, tries, kept)
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda *_: stop.set())
    while not stop.wait(1.0):
        if not stage.alive():
            raise Failure("The demo's server has ended.", f"Its log is {stage.log}.")
    say("stopping ...")
