"""A process of its own with an engine and many buyers of one SKU; prints how many orders it was granted.

python buyers.py DSN NAME ORDERS THREADS: each order is for one shirt; names without NAME are shared with others.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.store.database import Database
from support.shop import order_of


def main() -> None:
    dsn, name, orders, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    database = Database(dsn)
    engine = Engine(database, threads=2)

    def buy(number: int) -> str:
        external_id = f"shared-{number}" if number % 4 == 0 else f"{name}-{number}"
        outcome = engine.submit(Submission(command=order_of(external_id, ("TEE-M", 1, 2000)))).result(120)
        if outcome.failed is not None:
            raise outcome.failed
        if outcome.refused is not None:
            return str(outcome.refused.code)
        return "replayed" if outcome.replayed else "sold"

    with ThreadPoolExecutor(threads) as pool:
        told = list(pool.map(buy, range(orders)))
    engine.close()
    database.close()
    counts = (told.count("sold"), told.count("replayed"), told.count("STOCK_NOT_AVAILABLE"), len(told))
    sys.stdout.write(" ".join(map(str, counts)))


if __name__ == "__main__":
    main()
