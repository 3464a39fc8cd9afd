"""A merchant who imports: small files of retail orders, and what is in the database after them."""

from pathlib import Path

from orderline.core.stock.commands import AdjustStock, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, Sku
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.values.address import Place

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def stocked(engine: Engine) -> None:
    """A merchant with a shelf: live orders need one."""
    engine.run(PutPool(pool=Pool("eu")))
    place = Place(country="FR")
    engine.run(PutLocation(location=Location("lyon", "Lyon", LocationKind.WAREHOUSE, "eu", place)))
    engine.run(PutChannel(channel=Channel("web", "Web", ("eu",))))
    engine.run(PutSkus(skus=(Sku("TEE", "A shirt"),)))
    engine.run(AdjustStock(sku="TEE", location="lyon", quantity=5, reason="received"))


def retail(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join([UCI, *rows]) + "\n", encoding="utf-8")
    return path


def sold(invoice: int | str, code: str = "A", quantity: int = 1, customer: str = "7") -> str:
    return f"{invoice},{code},Thing,{quantity},2011-01-01 10:00:00,2.50,{customer},France"


def count(database: Database, text: str) -> int:
    return int(database.rows(text)[0][0])


ORDERS = "SELECT count(*) FROM orders"
