"""Port LedgerEngine: the same Ibis questions on Spark, which reads the ledger's Parquet files as Delta lists them.

The files are read by their list and not through Delta's own library for Spark, so that any cluster can: it needs only
to see the state folder under the path that it has here.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.domain.ledger import TablePart
from fairlead.domain.ledger_tables import PART_COLUMNS
from fairlead.drivers.ledger.answers import check_types, plain_rows
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.drivers.ledger.footers import read_footers
from fairlead.drivers.ledger.metered import METERED
from fairlead.drivers.ledger.relations import places
from fairlead.drivers.ledger.spark_session import open_session
from fairlead.drivers.ledger.whole_numbers import WholeNumbers
from fairlead.kernel.errors import BrokenWorldError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.pyspark import Backend
    from pyspark.sql import DataFrame

__all__ = ["SparkEngine"]


class SparkEngine(WholeNumbers):
    """Answers questions on Spark. The meter's windows are handed over by the engine of this machine."""

    def __init__(
        self, store: DeltaLedger, here: DuckEngine, columns: Mapping[str, Mapping[str, str]], folder: Path, address: str
    ) -> None:
        """`folder` is for files that are handed to Spark; `address` is `sc://host:port` or `local[n]`."""
        self._store = store
        self._here = here
        self._columns = columns
        self._folder = folder
        self._address = address
        self._backend: Backend | None = None
        self._views = count()

    def table(self, name: str, parts: Sequence[TablePart] | None = None) -> ir.Table:
        """A table of the ledger, or of the meter; see the port."""
        if name in METERED:
            return self._view(self._read([self._handed_over(name)], METERED[name][1]))
        chosen = self._store.parts(name) if parts is None else parts
        columns = {**PART_COLUMNS, **self._columns[name], **self._store.columns(name)}
        return self._view(self._scan(chosen, columns))

    def rows(self, question: ir.Table) -> list[dict[str, Any]]:
        """The answer's rows by column name."""
        with _answering(self._address):
            return plain_rows(self._asked(question).toArrow(), question)

    def hold(self, question: ir.Table) -> ir.Table:
        """The answer in a file: Spark plans what is built on an answer that it keeps itself from its beginning."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"held_{next(self._views)}.parquet"
        self.write(question, path)
        held = self._view(self._session().read.parquet(str(path)))
        weakref.finalize(held.op(), path.unlink, missing_ok=True)
        return held

    def write(self, question: ir.Table, path: Path) -> int:
        """Write the answer to one Parquet file; how many rows it has."""
        written = path.with_name(f"{path.name}.parts")
        with _answering(self._address):
            answer = self._asked(question)
            check_types(answer.limit(0).toArrow().schema, question)
            answer.coalesce(1).write.parquet(str(written), compression="zstd")
        [file] = written.glob("part-*.parquet")
        file.rename(path)
        shutil.rmtree(written)
        return read_footers([path])[path].rows

    def close(self) -> None:
        """End the session."""
        if self._backend is not None:
            self._backend.disconnect()

    def _asked(self, question: ir.Table) -> DataFrame:
        backend = self._open()
        backend._run_pre_execute_hooks(question)  # noqa: SLF001 - hands over tables in memory, which `compile` does not
        asked: DataFrame = self._session().sql(backend.compile(question))
        return asked

    def _scan(self, parts: Sequence[TablePart], columns: Mapping[str, str]) -> DataFrame:
        """The parts' rows. Files find their part by their names, which no two files of a ledger share."""
        from pyspark.sql import functions

        rows = [(Path(file).name, *values) for file, *values in places(parts)]
        if not rows:
            return self._read([], columns)
        stored = {name: kind for name, kind in columns.items() if name not in PART_COLUMNS}
        files = self._read([file for each in parts for file in each.files], stored)
        named = files.select("*", functions.col("_metadata.file_name").alias("_file"))
        listed = self._session().createDataFrame(rows, "_file string, source string, period string, adjusts string")
        joined: DataFrame = named.join(functions.broadcast(listed), "_file").select(*map(_quoted, columns))
        return joined

    def _read(self, files: Sequence[str], columns: Mapping[str, str]) -> DataFrame:
        schema = ", ".join(f"{_quoted(name)} {kind}" for name, kind in columns.items())
        session = self._session()
        read: DataFrame = session.read.schema(schema).parquet(*files) if files else session.createDataFrame([], schema)
        return read

    def _handed_over(self, name: str) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}.parquet"
        self._here.write(self._here.table(name), path)
        return str(path)

    def _view(self, rows: DataFrame) -> ir.Table:
        name = f"ledger_{next(self._views)}"
        rows.createOrReplaceTempView(name)
        return self._open().table(name)

    def _session(self) -> Any:  # noqa: ANN401 - of Spark Connect, or of this process: two classes
        return self._open()._session  # noqa: SLF001 - the one that was handed to it

    def _open(self) -> Backend:
        if self._backend is None:
            session = open_session(self._address)
            try:
                import ibis
            except ImportError as error:
                raise BrokenWorldError("the ledger needs Ibis", mend="pip install 'fairlead[spark]'") from error
            self._backend = ibis.pyspark.connect(session)
        return self._backend


def _quoted(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"


@contextmanager
def _answering(address: str) -> Iterator[None]:
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise BrokenWorldError(f"Spark cannot answer: {error}", where=address) from error
