"""Settings of the embedded PostgreSQL: thousands of durable orders a second on a small machine."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from orderline.values.failures import Trouble

DEFAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # What has been acknowledged is on disk.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        # Nobody but the holder of the private directory gets in.
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        # A backend whose client was killed while it waited for a lock lets go of its own locks.
        "client_connection_check_interval": "5s",
        "shared_buffers": "256MB",
        "effective_cache_size": "1GB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        # Huge pages that a container may not use end in a bus error instead of a refusal.
        "huge_pages": "off",
        # Parallel queries use main memory. Beyond it a file: containers have a tiny /dev/shm, and systemd
        # empties it when a user logs out while the server goes on.
        "min_dynamic_shared_memory": "16MB",
        "dynamic_shared_memory_type": "mmap",
        # Rare checkpoints, spread out: after each one every page is written to the log in full again.
        "max_wal_size": "4GB",
        "min_wal_size": "512MB",
        "wal_buffers": "16MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        # The wheel is built without lz4 and zstd, and pglz costs more time than it saves writing.
        "wal_compression": "off",
        # Plans for solid-state disks and short statements.
        "random_page_cost": "1.1",
        "jit": "off",
        # Without fresh statistics a set-based UPDATE reads the whole table.
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_cost_limit": "1000",
        # A sample of 30,000 rows of a journal is 120 MB in memory, two at a time; 9,000 tell as much of what is asked here.
        "default_statistics_target": "30",
        # One file per weekday, written over after a week; parameters may be personal data and stay out.
        "logging_collector": "on",
        "log_directory": "../log",
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_line_prefix": "%m [%p] %a ",
        "log_parameter_max_length": "0",
        "log_lock_waits": "on",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "datestyle": "ISO, YMD",
        "lc_messages": "C",
        "default_text_search_config": "pg_catalog.simple",
    }
)

POSTGRESQL_CONF: Final = """\
# Yours to change. Orderline's own settings are in the included file, which is written anew at each start;
# what stands below it wins. The socket and the port are given on the command line and cannot be changed here.
include 'orderline.conf'

"""

PG_HBA_CONF: Final = """\
# Yours to change. There is no password because nobody else can reach the socket: its directory has mode 0700.
# TYPE  DATABASE     USER  ADDRESS  METHOD
local   all          all            trust
local   replication  all            trust
"""

_NAME: Final = re.compile(r"[a-z][a-z0-9_.]*", re.IGNORECASE)


def render_settings(settings: Mapping[str, str]) -> str:
    """Write `settings` as lines of a PostgreSQL configuration file.

    Trouble: a name is not one that a configuration file can hold.
    """
    lines = ["# Written by Orderline at each start. Put your own settings into postgresql.conf."]
    for name, value in settings.items():
        if not _NAME.fullmatch(name):
            raise Trouble("postgresql", f"{name!r} is not the name of a PostgreSQL setting")
        quoted = value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
        lines.append(f"{name} = '{quoted}'")
    return "\n".join(lines) + "\n"
