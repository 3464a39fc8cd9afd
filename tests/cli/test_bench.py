"""Benchmarks print what they measured, beside its bound."""

import msgspec

from cli.conftest import Run
from orderline.cli.bench.model import Result
from support.depth import thorough

KEYS = {"name", "value", "unit", "bound", "ratio", "p50_ms", "p99_ms", "errors", "settings"}


def test_routing_prints_single_orders_and_three_worlds_of_batches_beside_greedy(run: Run) -> None:
    told = run("bench", "routing", "simulate", "--scale", "5", "--json")
    assert told.status == 0, told.err
    lines = told.out.splitlines()
    assert all(msgspec.json.decode(line).keys() == KEYS for line in lines)
    figures = {each.name: each for each in (msgspec.json.decode(line, type=Result) for line in lines)}
    assert {"routing.greedy", "routing.exact", "simulate.same", "simulate.other"} <= figures.keys()
    for world in ("plenty", "scarce", "flash"):
        together, alone = figures[f"routing.batch.{world}"], figures[f"routing.batch.{world}.greedy"]
        assert together.bound is not None
        assert together.bound == alone.bound
        assert together.bound <= together.value <= alone.value
        assert figures[f"routing.batch.{world}.time"].bound == 60
        assert {"gap_percent", "splits", "lines_left"} <= together.settings.keys() & alone.settings.keys()
    assert figures["simulate.same"].errors == 0


@thorough
def test_a_benchmark_that_serves_prints_its_figures_without_errors(run: Run) -> None:
    told = run("bench", "feed", "intake", "hot", "--scale", "5", "--clients", "8", "--json")
    assert told.status == 0, told.err
    figures = [msgspec.json.decode(line, type=Result) for line in told.out.splitlines()]
    assert {"feed.opening", "feed.snapshot", "intake.http", "intake.lone", "hot.rate"} <= {e.name for e in figures}
    assert all(each.errors == 0 and each.value > 0 for each in figures)


@thorough
def test_pages_are_measured_with_orders_that_can_be_read(run: Run) -> None:
    told = run("bench", "console", "--scale", "20", "--stored-orders", "100000", "--json")
    assert told.status == 0, told.err
    figures = [msgspec.json.decode(line, type=Result) for line in told.out.splitlines()]
    bounds = {"": 15, ".p99": 60, ".gzipped": 100_000}
    pages = ("home", "orders", "search", "order")
    assert {each.name: each.bound for each in figures} == {
        f"console.{page}{what}": bound for page in pages for what, bound in bounds.items()
    }
    assert {(each.errors, each.settings["stored_orders"]) for each in figures} == {(0, 2_000)}
    assert all(0 < each.value < 100_000 for each in figures)


def test_changes_are_seen_within_their_time(run: Run) -> None:
    told = run("bench", "changes", "--scale", "20", "--json")
    assert told.status == 0, told.err
    one, every = (msgspec.json.decode(line, type=Result) for line in told.out.splitlines())
    assert (one.name, every.name) == ("changes.preview.one", "changes.preview.all")
    assert (one.errors, every.errors, every.settings["actions"]) == (0, 0, 50)
    assert one.bound == every.bound == 5


@thorough
def test_cash_ends_with_balanced_books_beside_what_writing_them_costs(run: Run) -> None:
    told = run("bench", "cash", "--scale", "3", "--json")
    assert told.status == 0, told.err
    lines, memory = (msgspec.json.decode(line, type=Result) for line in told.out.splitlines())
    assert (lines.name, lines.settings["lines"], lines.settings["orders"]) == ("cash.lines", 300, 100)
    assert lines.bound is not None
    assert 0 < lines.value < lines.bound
    books = lines.settings["accounts"]
    assert books["deposits"] == books["receivable"] == lines.settings["open_minor"] == 0
    assert books["psp_clearing/sandbox_payments"] == lines.settings["captured_minor"] > 0
    assert sum(books.values()) == lines.settings["trial_balance_minor"] == lines.settings["verify_faults"] == 0
    assert lines.settings["delivered"] == lines.settings["invoices"] == 100
    assert memory.bound == 1024
    assert 0 < memory.value < 1024
    assert {"serve", "sandbox", "postgresql"} <= memory.settings.keys()
