"""Whose body this is, which API wrote it, and what it says beside its counts.

A body may come bare or in an envelope: `{"provider": ..., "url": ..., "model": ..., "response": {...}}`, a line of
a batch of OpenAI or Anthropic, or only with its model and its counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fairlead.kernel.errors import NotFoundError
from fairlead.kernel.windows import parse_iso
from fairlead.meter.llm.price_table import PriceTable
from fairlead.meter.llm.price_text import Provider
from fairlead.meter.llm.readers import Reader, readers, shapes, signs

__all__ = ["Envelope", "RecognitionError", "opened", "provider_of", "reader_for"]

_ENVELOPES = ("response.body", "result.message", "response", "body")
_MODELS = ("model", "modelVersion", "modelId", "model_id")
_FLAVOURS = ("api_flavor", "flavour")
_URLS = ("url", "api_url", "base_url")
_MOMENTS = ("created", "created_at", "createTime", "timestamp")
_LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
_OPENROUTER = "gen-"


class RecognitionError(ValueError):
    """Nobody can tell whose body this is, or which API wrote it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The answer itself, and what was said about it. Empty text or None: nothing was said.

    `fitting` names the readers that fit what the answer looks like, best first; empty where nothing does.
    """

    body: Mapping[str, Any]
    fitting: tuple[str, ...]
    provider: str
    url: str
    model: str
    flavour: str
    moment: datetime | None


def opened(given: Mapping[str, Any]) -> Envelope:
    """The answer in `given`, with the hints that stand around it and in it."""
    body: Any = given
    fitting = _fitting(given)
    for way in () if fitting else _ENVELOPES:
        inner: Any = given
        for step in way.split("."):
            inner = inner.get(step) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            body, fitting = inner, _fitting(inner)
            break
    around = [body] if body is given else [given, body]
    provider = "openrouter" if _text(around, ("id",)).startswith(_OPENROUTER) else _text(around, ("provider",))
    return Envelope(
        body, fitting, provider, _text(around, _URLS), _text(around, _MODELS), _text(around, _FLAVOURS), _moment(around)
    )


def _fitting(body: Mapping[str, Any]) -> tuple[str, ...]:
    return next((shape.readers for shape in shapes() if shape.fits(body)), ())


def provider_of(envelope: Envelope, model: str, table: PriceTable, named: str = "") -> Provider:
    """Who answered: as `named`, as the envelope says, by a sign in the body, or by the model's name.

    RecognitionError where that leaves nobody, or several.
    """
    for name in (named, envelope.provider):
        if name:
            return _called(name, table)
    if envelope.url and (found := table.at(envelope.url)) is not None:
        return found
    for sign in signs():
        if sign.fits(envelope.body):
            return _called(sign.provider, table)
    return _by_model(model, table)


def reader_for(envelope: Envelope, provider: Provider | None) -> Reader:
    """The reader of the flavour that is named, else the provider's own for a body of that shape, else the API's.

    RecognitionError where nothing fits.
    """
    if provider is not None and envelope.flavour in provider.flavours:
        return readers()[provider.flavours[envelope.flavour]]
    if not envelope.fitting:
        kept = ", ".join(sorted(envelope.body)[:8]) or "nothing"
        raise RecognitionError(f"no known API reports usage like this: the body holds {kept}")
    own = [name for name in envelope.fitting if provider is not None and name in provider.flavours.values()]
    return readers()[(own or envelope.fitting)[0]]


def _called(name: str, table: PriceTable) -> Provider:
    try:
        return table.provider(name)
    except NotFoundError as error:
        raise RecognitionError(error.what) from error


def _by_model(model: str, table: PriceTable) -> Provider:
    """Whose model it is by its name, or who alone sells one of that name."""
    if not model:
        raise RecognitionError("the body names neither a model nor a provider")
    found = table.owners(model) or table.sellers(model)
    if not found:
        raise RecognitionError(f"no provider in the price table sells {model!r}")
    if len(found) > 1:
        several = ", ".join(each.id for each in found)
        raise RecognitionError(f"{model!r} is sold by {several}: name one with --provider, or in the body")
    return found[0]


def _text(around: list[Mapping[str, Any]], keys: tuple[str, ...]) -> str:
    found = (each.get(key) for each in around for key in keys)
    return next((value for value in found if isinstance(value, str) and value), "")


def _moment(around: list[Mapping[str, Any]]) -> datetime | None:
    """When it was answered: seconds since 1970, or RFC 3339."""
    for value in (each.get(key) for each in around for key in _MOMENTS):
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LATEST:
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            try:
                return parse_iso(value)
            except (ValueError, OverflowError):  # beyond the years that a moment in UTC can have
                continue
    return None
