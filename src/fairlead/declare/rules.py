"""What a spec of the right shape must keep to besides: relations between its fields. Each rule yields a `Breach`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from fairlead.declare.analysis_rules import (
    analysis_findings,
    named_analysis_findings,
    release_findings,
    unequal_findings,
)
from fairlead.declare.literal_secrets import secret_findings
from fairlead.declare.notification_rules import notification_findings
from fairlead.declare.scaling_rules import scaling_budget_findings, scaling_findings
from fairlead.declare.trial_rules import trial_findings
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.model import ModelSpec, SecretRef
from fairlead.domain.workspace import WorkspaceSpec

__all__ = ["Breach", "Location", "Places", "located", "model_breaches", "placement_breaches", "workspace_breaches"]

_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(hours=1)


Location: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the top of a document."""

Places: TypeAlias = Mapping[Location, tuple[int, int]]
"""Line and column by location."""


class Breach(NamedTuple):
    """A rule that is broken at a location of the document."""

    location: Location
    rule: str
    message: str
    mend: str
    severity: Severity = Severity.ERROR


def located(
    breaches: Iterable[Breach], place: Callable[[Location], tuple[int, int]], path: str, model: str = ""
) -> tuple[Finding, ...]:
    """The breaches as findings; `place` answers line and column of a location."""
    return tuple(
        Finding(path, *place(each.location), each.rule, each.message, each.mend, each.severity, model)
        for each in breaches
    )


def model_breaches(spec: ModelSpec) -> Iterator[Breach]:
    """What one model's declaration breaks by itself."""
    yield from _serving(spec)
    yield from _secrets(spec)
    yield from (Breach(*each) for each in secret_findings(spec))
    yield from (Breach(*each) for each in trial_findings(spec))
    yield from (Breach(*each) for each in release_findings(spec))
    yield from (Breach(*each) for each in scaling_findings(spec))
    yield from _twice((each.segment for each in spec.plans), ("plans",), "segment")
    yield from _twice((each.name for each in spec.data), ("data",), "name")
    known = {each.name for each in spec.data}
    for index, metric in enumerate(spec.metrics):
        if metric.data and metric.data not in known:
            message = f"metric `{metric.name}` was measured on data that is not declared"
            mend = f"declare it under `data`; declared: {', '.join(sorted(known)) or 'none'}"
            yield Breach(("metrics", index, "data"), "declare/unknown-data", message, mend)


def _serving(spec: ModelSpec) -> Iterator[Breach]:
    serving, rule = spec.serving, "declare/serving"
    if serving.runtime == "command" and not serving.command:
        mend = "add `command: [program, --port, '{port}']`"
        yield Breach(("serving", "runtime"), rule, "`runtime: command` has no `command`", mend)
    if serving.runtime == "onnx" and serving.command:
        mend = "remove `command`, or write `runtime: command`"
        yield Breach(("serving", "command"), rule, "`runtime: onnx` takes no `command`", mend)
    if serving.runtime == "onnx" and serving.protocol != "oip":
        mend = "remove `protocol`, or serve it with `runtime: command`"
        yield Breach(("serving", "protocol"), rule, "`runtime: onnx` speaks `oip` only", mend)
    if serving.resources.gpu > 0 and not serving.resources.gpu_type:
        mend = "add `gpuType`, as the price book names it"
        yield Breach(("serving", "resources", "gpu"), rule, "a GPU is asked for without its kind", mend)


def _secrets(spec: ModelSpec) -> Iterator[Breach]:
    for name, value in spec.serving.env.items():
        if isinstance(value, SecretRef):
            given = [each for each in (value.from_env, value.from_file, value.from_command) if each]
            if len(given) != 1:
                message = f"`{name}` must have exactly one of fromEnv, fromFile, fromCommand"
                yield Breach(("serving", "env", name), "declare/secret-reference", message, "give exactly one of them")


def _twice(names: Iterable[str], location: tuple[str, ...], field: str) -> Iterator[Breach]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            message = f"`{name}` is declared twice in `{'.'.join(location)}`"
            yield Breach((*location, index, field), "declare/duplicate-name", message, "give each its own name")
        seen.add(name)


def placement_breaches(spec: ModelSpec, workspace: WorkspaceSpec) -> Iterator[Breach]:
    """What a model's declaration breaks together with the workspace's."""
    known = [each.name for each in workspace.environments]
    for name in spec.environments:
        if name not in known:
            message = f"environment `{name}` is not declared in fairlead.yaml"
            yield Breach(
                ("environments", name), "declare/unknown-environment", message, f"use one of: {', '.join(known)}"
            )
    yield from (Breach(*each) for each in named_analysis_findings(spec, workspace))
    yield from (Breach(*each, Severity.WARNING) for each in unequal_findings(spec, workspace))
    yield from (Breach(*each) for each in scaling_budget_findings(spec, workspace))
    segments = {each.segment for each in workspace.customers}
    for index, plan in enumerate(spec.plans):
        if plan.segment not in segments:
            message = f"no customer is of segment `{plan.segment}`"
            mend = f"segments in fairlead.yaml: {', '.join(sorted(segments - {''})) or 'none'}"
            location = ("plans", index, "segment")
            yield Breach(location, "declare/unknown-segment", message, mend, Severity.WARNING)


def workspace_breaches(spec: WorkspaceSpec) -> Iterator[Breach]:
    """What the workspace's declaration breaks."""
    yield from _twice((each.name for each in spec.environments), ("environments",), "name")
    yield from _twice((each.name for each in spec.customers), ("customers",), "name")
    yield from _twice((each.name for each in spec.teams), ("teams",), "name")
    yield from _twice((each.email for each in spec.principals), ("principals",), "email")
    yield from _ports(spec)
    yield from _zones(spec)
    yield from _keys(spec)
    known = [each.name for each in spec.environments]
    yield from (Breach(*each) for each in notification_findings(spec.notifications, known))
    yield from (Breach(*each) for each in analysis_findings(spec))
    if not _SHORTEST <= spec.metering.window <= _LONGEST:
        yield Breach(("metering", "window"), "declare/wrong-value", "`metering.window` is 5s to 1h", "choose 5m")
    for index, text in enumerate(spec.gateway.trusted_proxies):
        if not _parses(ip_network, text):
            location = ("gateway", "trustedProxies", index)
            yield Breach(location, "declare/wrong-value", "this is no CIDR range", "write for example 10.0.0.0/8")
    rows = spec.price_book.rows if spec.price_book else ()
    for index, row in enumerate(rows):
        if any(row.resource == other.resource and row.gpu_type == other.gpu_type for other in rows[:index]):
            message = f"a second price for `{row.resource}` {row.gpu_type}".rstrip()
            yield Breach(("priceBook", "rows", index), "declare/duplicate-name", message, "keep one row for each")
    yield from _hardware(spec)


def _hardware(spec: WorkspaceSpec) -> Iterator[Breach]:
    """Two machines with a price for the same: nobody could say which of them is meant."""
    book, seen = spec.price_book, dict[tuple[str, str], str]()
    said = {(each.resource, each.gpu_type) for each in book.rows} if book else set()
    for index, own in enumerate(book.hardware if book else ()):
        for row in (each for each in own.rows() if (each.resource, each.gpu_type) not in said):
            first = seen.setdefault((row.resource, row.gpu_type), own.name)
            if first != own.name:
                message = f"`{first}` and `{own.name}` both have a price for {row.resource} {row.gpu_type}".rstrip()
                mend = "write the price that holds as a row, or `gpuShare: 1` where the GPUs pay for the cores"
                yield Breach(("priceBook", "hardware", index, "name"), "declare/duplicate-name", message, mend)


def _ports(spec: WorkspaceSpec) -> Iterator[Breach]:
    seen: dict[tuple[str, int], str] = {}
    for index, each in enumerate(spec.environments):
        place = (each.target.address, each.target.port)
        location = ("environments", index, "target", "port")
        if place in seen:
            message = f"port {each.target.port} is already that of `{seen[place]}`"
            yield Breach(location, "declare/port-twice", message, "give each environment a port of its own")
        seen.setdefault(place, each.name)
        if not _parses(ip_address, each.target.address):
            location = ("environments", index, "target", "address")
            yield Breach(location, "declare/wrong-value", "this is no IP address", "write for example 127.0.0.1")


def _zones(spec: WorkspaceSpec) -> Iterator[Breach]:
    for index, environment in enumerate(spec.environments):
        for at, window in enumerate(environment.promotion_windows):
            # UTC needs no database of zones, which small containers lack.
            if window.zone != "UTC" and not _parses(ZoneInfo, window.zone):
                location = ("environments", index, "promotionWindows", at, "zone")
                like = get_close_matches(window.zone, sorted({"UTC", *available_timezones()}))
                mend = f"use one of the IANA time zones, for example {' or '.join(like or ['UTC', 'Europe/Berlin'])}"
                yield Breach(location, "declare/unknown-zone", f"no time zone is called `{window.zone}`", mend)


def _keys(spec: WorkspaceSpec) -> Iterator[Breach]:
    seen: dict[str, str] = {}
    for index, customer in enumerate(spec.customers):
        for at, key in enumerate(customer.api_keys):
            if key.sha256 in seen:
                location = ("customers", index, "apiKeys", at, "sha256")
                message = f"the same key as one of `{seen[key.sha256]}`"
                yield Breach(location, "declare/key-twice", message, "give each customer a key of its own")
            seen.setdefault(key.sha256, customer.name)


def _parses(kind: Callable[[str], object], text: str) -> bool:
    try:
        kind(text)
    except (ValueError, LookupError, OSError):
        return False
    return True
