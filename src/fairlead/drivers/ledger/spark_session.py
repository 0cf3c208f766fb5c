"""A session of Spark as the ledger uses it: of a cluster through Spark Connect, or of this machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fairlead.drivers.ledger.whole_numbers import SPARK_FUNCTIONS
from fairlead.kernel.errors import BrokenWorldError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["LOCAL", "NO_JAVA", "open_session"]

LOCAL = "local[2]"
"""Address of a Spark of two threads in this process's own Java machine."""

NO_JAVA = "install a Java runtime (apt-get install default-jre-headless)"

_PORT = 15002
"""Where Spark Connect listens unless it is told otherwise."""

_PATIENCE_SECONDS = 10

_ANSWERS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",  # an error, where digits would be cut in silence
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
_HERE = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
}


def open_session(address: str) -> SparkSession:
    """A session at `sc://host:port` (Spark Connect) or `local[n]`. BrokenWorldError where there is none."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise BrokenWorldError("Spark is not installed", mend="pip install 'fairlead[spark]'") from error
    builder = SparkSession.builder
    if address.startswith("sc://"):
        _demand_listener(address)
        builder = builder.remote(address)
    else:
        _demand_java(address)
        builder = builder.master(address).appName("fairlead")
        for name, value in _HERE.items():
            builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
        for name, value in _ANSWERS.items():
            session.conf.set(name, value)
        for function in SPARK_FUNCTIONS:
            session.sql(function)
    except PySparkException as error:
        raise BrokenWorldError(f"Spark does not answer: {error}", where=address) from error
    return session


def _demand_listener(address: str) -> None:
    """Spark's client would try for minutes."""
    at = urlsplit(address)
    try:
        socket.create_connection((at.hostname or "", at.port or _PORT), timeout=_PATIENCE_SECONDS).close()
    except (OSError, ValueError) as error:
        raise BrokenWorldError(f"no Spark Connect answers: {error}", where=address) from error


def _demand_java(address: str) -> None:
    if not re.fullmatch(r"local(\[(\d+|\*)\])?", address):
        raise UsageError(f"Spark is not at {address!r}", mend="give sc://host:port (Spark Connect), or local[2]")
    if not shutil.which("java") and "JAVA_HOME" not in os.environ:
        raise BrokenWorldError("Spark needs Java, and there is none", mend=NO_JAVA)
