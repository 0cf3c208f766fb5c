"""Prometheus' HTTP API (v1), and what else speaks it (Thanos, Mimir, VictoriaMetrics): raw samples, and names.

https://prometheus.io/docs/prometheus/latest/querying/api/. A secret goes to one address only, and no redirect is
followed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from fairlead.kernel.errors import BrokenWorldError

if TYPE_CHECKING:
    import httpx2

__all__ = ["Prometheus", "RawSeries"]

RawSeries = tuple[Mapping[str, str], Sequence[tuple[int, Decimal]]]
"""A series' labels, and its samples: milliseconds since 1970, and the double's shortest decimal form."""

_LARGEST = 32 << 20
_SECONDS = 120.0
"""For one answer, however slowly it comes."""

_UNPROCESSABLE = 422
_TOO_MUCH = ("too many samples", "exceeded", "limit")


class Prometheus:
    """One server. `warnings` are its own words on answers that were not whole, as Thanos gives them."""

    def __init__(self, client: httpx2.Client, address: str, authorization: str = "") -> None:
        """Nothing is asked yet. `authorization` is the header's value, '' for none."""
        self._client = client
        self._address = address.rstrip("/")
        self._headers = {"Authorization": authorization} if authorization else {}
        self.warnings: set[str] = set()

    def metrics(self, names: Sequence[str], start: int, end: int) -> set[str]:
        """Which of these metrics have any series in a span (milliseconds): asked of the index, which is cheap."""
        pattern = "|".join(dict.fromkeys(names))
        given = {"match[]": f'{{__name__=~"{pattern}"}}', "start": _seconds(start), "end": _seconds(end)}
        return {str(name) for name in self._listed("/api/v1/label/__name__/values", given)} & set(names)

    def labels(self, metric: str, start: int, end: int) -> list[Mapping[str, str]]:
        """Labels of all series of a metric in a span (milliseconds), from the index. BrokenWorldError: too many."""
        found = self._listed("/api/v1/series", {"match[]": metric, "start": _seconds(start), "end": _seconds(end)})
        return [{str(name): str(value) for name, value in each.items()} for each in found if isinstance(each, dict)]

    def samples(self, selector: str, after: int, upto: int) -> list[RawSeries] | None:
        """All raw samples of a selector in (after, upto] (milliseconds). None: too many for one answer.

        A range vector as an instant query: the only one that gives samples as they were stored.
        """
        try:
            found = self._ask("/api/v1/query", {"query": f"{selector}[{upto - after}ms]", "time": _seconds(upto)})
            return [_series(each, after) for each in found["result"]]
        except _TooLargeError:
            return None
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise self._strange("a series has another shape") from error

    def value(self, query: str, at: datetime, lookback: timedelta) -> float | None:
        """The one number that an instant query gives at a moment; None where no sample is younger than `lookback`.

        BrokenWorldError for a query that gives several numbers, or none that is finite.
        """
        given = {"query": query, "time": f"{at.timestamp():.3f}", "lookback_delta": f"{lookback.total_seconds():g}s"}
        try:
            found = self._ask("/api/v1/query", given)
            scalar, result = found["resultType"] == "scalar", found["result"]
            pairs = [result] if scalar else [each["value"] for each in result]
            numbers = [float(value) for _, value in pairs]
        except (KeyError, TypeError, ValueError, _TooLargeError) as error:
            raise self._strange("one number was expected") from error
        if len(numbers) > 1:
            raise BrokenWorldError(f"the query gives {len(numbers)} numbers", where=query, mend="sum them in the query")
        if numbers and not isfinite(numbers[0]):
            return None
        return numbers[0] if numbers else None

    def _listed(self, path: str, given: Mapping[str, str]) -> list[Any]:
        try:
            found = self._ask(path, given)
        except _TooLargeError as error:
            mend = "collect less at once, with --from and --to"
            raise BrokenWorldError(f"the list of {path} is too long", where=self._address, mend=mend) from error
        if not isinstance(found, list):
            raise self._strange("a list was expected")
        return found

    def _ask(self, path: str, given: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        """`data` of an answer. _TooLargeError where the server finds that it would be, or it is."""
        code, text = self._got(path, given)
        try:
            answer = json.loads(text, parse_float=Decimal)
            status, said = answer["status"], str(answer.get("error", ""))[:200]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if code in {401, 403}:
                raise self._refused(code, "") from error
            raise self._strange(f"it answers {code}, and no JSON of its API") from error
        if status != "success":
            if code == _UNPROCESSABLE and any(word in said for word in _TOO_MUCH):
                raise _TooLargeError(said)
            raise self._refused(code, said)
        self.warnings |= {str(each)[:200] for each in answer.get("warnings") or ()}
        return answer.get("data")

    def _got(self, path: str, given: Mapping[str, str]) -> tuple[int, bytes]:
        import httpx2

        until = time.monotonic() + _SECONDS
        text = bytearray()
        try:
            with self._client.stream(
                "GET",
                self._address + path,
                params=dict(given),
                headers=self._headers,
                timeout=_SECONDS,
                follow_redirects=False,
            ) as answer:
                for chunk in answer.iter_bytes():
                    text += chunk
                    if len(text) > _LARGEST:
                        raise _TooLargeError(path)
                    if time.monotonic() > until:
                        raise self._strange("its answer comes too slowly")
                return answer.status_code, bytes(text)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            what = f"Prometheus cannot be reached: {str(error) or type(error).__name__}"
            raise BrokenWorldError(what, where=self._address, mend="check the address, and that it runs") from error

    def _refused(self, code: int, said: str) -> BrokenWorldError:
        mend = "give a token with --token-env or --token-file" if code in {401, 403} else "check the server's log"
        return BrokenWorldError(f"Prometheus refuses ({code}): {said or 'no reason'}", where=self._address, mend=mend)

    def _strange(self, what: str) -> BrokenWorldError:
        mend = "give the address below which /api/v1/query is"
        return BrokenWorldError(f"Prometheus' answer is not understood: {what}", where=self._address, mend=mend)


class _TooLargeError(Exception):
    """An answer is larger than it may be."""


def _series(found: Mapping[str, Any], after: int) -> RawSeries:
    """A server before 3.0 also gives a sample that lies on the span's beginning; what is no number was not measured."""
    samples = [(int(Decimal(at) * 1000), Decimal(value)) for at, value in found.get("values", ())]
    labels = {str(name): str(value) for name, value in found["metric"].items()}
    return labels, [(at, value) for at, value in samples if at > after and value.is_finite()]


def _seconds(millis: int) -> str:
    return f"{millis // 1000}.{millis % 1000:03}"
