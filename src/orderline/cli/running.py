"""`orderline serve`, `worker`, `sandbox`: processes that run until they are asked to stop."""

import click

from orderline.cli.ports import installation


@click.command()
@click.option("--host", help="Address to listen on, instead of ORDERLINE_HOST.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on, instead of ORDERLINE_PORT; 0: a free one."
)
@click.option(
    "--worker/--no-worker", default=None, help="Do outside calls in this process too, or leave them to others."
)
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when standard input is closed.")
def serve(host: str | None, port: int | None, worker: bool | None, with_parent: bool) -> None:
    """Run Orderline: the API and, unless told otherwise, the worker, on a private PostgreSQL or on yours."""
    installation().serve(host=host, port=port, worker=worker, with_parent=with_parent)


@click.command()
def worker() -> None:
    """Run a worker of its own: outside calls and follow-ups, beside `serve --no-worker`. Several share the work."""
    installation().work()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on, instead of ORDERLINE_SANDBOX_PORT.")
@click.option("--callbacks", default="", help="Where facts are sent: http://127.0.0.1:8787/v1/inbound, for example.")
@click.option("--secret", default="", help="What facts are signed with (base64).")
def sandbox(host: str, port: int | None, callbacks: str, secret: str) -> None:
    """Run partners to try with: payments, carrier, warehouse, shop, notices and scorer, over real HTTP."""
    if callbacks and not secret:
        raise click.UsageError("--callbacks needs --secret: partners sign what they tell")
    installation().sandbox(host=host, port=port, callbacks=callbacks, secret=secret)
