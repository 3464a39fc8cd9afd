"""`orderline bench`: figures of this machine, each beside its bound."""

import click
import msgspec

from orderline.cli.bench import BENCHMARKS
from orderline.cli.output import json_option
from orderline.cli.ports import Failure, installation


@click.command()
@click.argument("names", nargs=-1, type=click.Choice((*BENCHMARKS, "all")))
@click.option("--scale", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="Size, in thousandths.")
@click.option("--clients", type=click.IntRange(1, 1000), default=64, show_default=True, help="Clients at a time.")
@click.option("--seed", type=int, default=1, show_default=True, help="What the orders are drawn from.")
@click.option(
    "--stored-orders",
    type=click.IntRange(1),
    default=2_000_000,
    show_default=True,
    help="Orders stored for `growth` and `console`.",
)
@json_option
def bench(names: tuple[str, ...], scale: int, clients: int, seed: int, stored_orders: int, as_json: bool) -> None:
    """Measure speed beside the bound of this machine, on data of its own; ALL, or NAMES of benchmarks.

    The bound is the same rows written by the cheapest SQL, measured in the same run. With --json one object per line.
    """
    from orderline.cli.bench.model import Options

    if not names:
        raise click.UsageError(f"name one or more of {', '.join(BENCHMARKS)}, or all")
    options = Options(scale=scale, clients=clients, seed=seed, stored_orders=stored_orders)
    errors = 0
    if not as_json:
        click.echo(
            f"{'name':24} {'value':>12} {'unit':10} {'bound':>12} {'ratio':>7} {'p50 ms':>8} {'p99 ms':>8} {'errors':>6}  settings"
        )
    for name in BENCHMARKS if "all" in names else dict.fromkeys(names):
        for each in installation().benchmark(name).run(options):
            errors += each.errors
            if as_json:
                click.echo(msgspec.json.encode(each))
                continue
            figures = [f"{value:,.{places}f}" if value is not None else "" for value, places in (
                (each.value, 1), (each.bound, 1), (each.ratio, 3), (each.p50_ms, 2), (each.p99_ms, 2),
            )]  # fmt: skip
            value, bound, ratio, p50, p99 = figures
            about = ", ".join(f"{name} {value}" for name, value in each.settings.items())
            click.echo(
                f"{each.name:24} {value:>12} {each.unit:10} {bound:>12} {ratio:>7} {p50:>8} {p99:>8} {each.errors:>6}  {about}"
            )
    if errors:
        raise Failure(f"{errors} requests failed while measuring.", "The figures above do not count.")
