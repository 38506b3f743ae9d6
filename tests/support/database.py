"""database: a look past the API, as the administrator whom row-level security doesn't bind."""

import threading
import time

import psycopg2

from support.sizes import PATIENCE


class Database:
    """Runs SQL, each statement for itself. Each thread has its connection, opened when needed and
    again after the server went away."""

    def __init__(self, conninfo):
        self.conninfo = conninfo
        self._here = threading.local()

    def all(self, sql, *args):
        """All rows, as tuples; [] for a statement that gives none. args: for each %s, or one dict
        for %(name)s."""
        values = args[0] if args and isinstance(args[0], dict) else args or None
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self._connection().cursor() as cursor:
                    cursor.execute(sql, values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg2.Error as why:
                lost = why.pgcode is None or why.pgcode[:3] in ("57P", "080")
                self.close()
                if not lost or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def one(self, sql, *args):
        rows = self.all(sql, *args)
        assert len(rows) == 1, f"{len(rows)} rows from {sql}"
        return rows[0]

    def value(self, sql, *args):
        return self.one(sql, *args)[0]

    def column(self, sql, *args):
        return [row[0] for row in self.all(sql, *args)]

    def close(self):
        if getattr(self._here, "connection", None):
            self._here.connection.close()
        self._here.connection = None

    def _connection(self):
        if not getattr(self._here, "connection", None):
            self._here.connection = psycopg2.connect(self.conninfo)
            self._here.connection.autocommit = True
        return self._here.connection
