"""DBOS: steps are functions of this very process, and a row each in its system database.

That is a SQLite file, as without settings, or the PostgreSQL that DBOS_SYSTEM_DATABASE_URL names.
"""

import asyncio
import os
import tempfile

from dbos import DBOS
from rounds import answer

folder = tempfile.TemporaryDirectory(prefix="dbos-peer-")
database = os.environ.get("DBOS_SYSTEM_DATABASE_URL") or f"sqlite:///{folder.name}/dbos.sqlite"
# Its admin server and its log are of no use here, and the log would go to the pipe.
config = {"name": "bench", "system_database_url": database, "run_admin_server": False, "log_level": "CRITICAL"}
DBOS(config=config)


@DBOS.step()
def noop(value: int) -> int:
    return value + 1


@DBOS.step()
async def async_noop(value: int) -> int:
    return value + 1


@DBOS.workflow()
def chain() -> int:
    value = 0
    for _ in range(10):
        value = noop(value)
    return value


@DBOS.workflow()
async def wide() -> int:
    return len(await asyncio.gather(*[async_noop(value) for value in range(100)]))


DBOS.launch()
loop = asyncio.new_event_loop()
with folder:
    answer(lambda shape: chain() if shape == "chain" else loop.run_until_complete(wide()))
    DBOS.destroy()
