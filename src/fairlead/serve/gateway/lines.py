"""How Envoy writes an access line, of a request or of a copy; `fairlead.domain.access` reads it."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.serve.gateway.resources import Resource, typed

__all__ = ["access_logs"]


def _line(origin: Mapping[str, str], incarnation: str, duration: str, service: str | None) -> dict[str, str]:
    """One request, as `fairlead.domain.access` reads it."""
    line = {
        "start": "%START_TIME(%s.%6f)%",
        "duration_us": duration,
        **origin,
        "release": "%METADATA(CLUSTER:fairlead:release)%",
        "server": "%UPSTREAM_HOST%",
        "protocol": "%METADATA(ROUTE:fairlead:protocol)%",
        "pinned": "%METADATA(ROUTE:fairlead:pinned)%",
        "held": "%METADATA(ROUTE:fairlead:held)%",
        "customer": "%DYNAMIC_METADATA(fairlead:customer)%",
        "request": "%REQ(X-REQUEST-ID)%",
        "method": "%REQ(:METHOD)%",
        "path": "%PATH(NQ:ORIG_OR_PATH)%",
        "code": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "bytes_in": "%BYTES_RECEIVED%",
        "bytes_out": "%BYTES_SENT%",
        "input_tokens": "%DYNAMIC_METADATA(fairlead:input_tokens)%",
        "output_tokens": "%DYNAMIC_METADATA(fairlead:output_tokens)%",
        "answer": "%DYNAMIC_METADATA(fairlead:answer)%",
        "gateway": incarnation,
    }
    return {**line, "service_us": service or "-"}


def _when(expression: str) -> Resource:
    cel = typed("extensions.access_loggers.filters.cel.v3.ExpressionFilter", expression=expression)
    return {"extension_filter": {"name": "cel", "typed_config": cel}}


def access_logs(path: str, origin: Mapping[str, str], incarnation: str) -> list[Resource]:
    """Three ways to write a line, of which each request takes one. `origin` says where environment and model are told.

    A request that is broken off never reaches DS_TX_END and US_RX_END. Envoy knows its duration in milliseconds
    only; that is written in the place of both, and of the first alone where no server had been chosen.
    """
    exact = ("%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%", "%COMMON_DURATION(US_TX_BEG:US_RX_END:us)%")
    broken = "%DURATION%000"
    any_flag: Resource = {"response_flag_filter": {}}

    def log(condition: Resource, duration: str, service: str | None) -> Resource:
        line = _line(origin, incarnation, duration, service)
        file = typed("extensions.access_loggers.file.v3.FileAccessLog", path=path, log_format={"json_format": line})
        return {"name": "file", "filter": condition, "typed_config": file}

    def flagged(expression: str) -> Resource:
        return {"and_filter": {"filters": [any_flag, _when(expression)]}}

    return [
        log(_when("response.flags == 0"), *exact),
        log(flagged("has(upstream.address)"), broken, broken),
        log(flagged("!has(upstream.address)"), broken, None),
    ]
