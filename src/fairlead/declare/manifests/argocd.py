"""What Argo CD follows: its Applications and ApplicationSets, and a finding for every revision that moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fairlead.declare.manifests.pods import mapping, sequence
from fairlead.declare.manifests.references import revision_pin
from fairlead.declare.yaml_text import shorten
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.infrastructure import ArgoApplication, JsonPath, Manifest, Pin

__all__ = ["applications", "moving_revisions"]

_SPECS: dict[str, JsonPath] = {"Application": ("spec",), "ApplicationSet": ("spec", "template", "spec")}
_ENDLESS = -1


def applications(documents: Iterable[Manifest]) -> tuple[ArgoApplication, ...]:
    """One value for every source of every Application and ApplicationSet."""
    return tuple(each for document in documents for each in _sources(document))


def moving_revisions(documents: Iterable[Manifest]) -> Iterator[Finding]:
    """A finding for every source that follows something that moves."""
    for each in applications(documents):
        if each.pin is not Pin.MOVING:
            continue
        what = (
            f"`targetRevision: {shorten(each.revision)}`"
            if each.revision
            else "no `targetRevision`: the default branch"
        )
        message = f"{each.name} follows {shorten(each.repository) or 'its source'} by a moving reference ({what})"
        if each.automated:
            says = [word for word, on in (("prunes", each.prune), ("undoes changes by hand", each.self_heal)) if on]
            message += "; it syncs by itself" + (f" and {' and '.join(says)}" if says else "")
        mend = "name a commit or a version's tag, and move it by a commit that is checked"
        yield Finding(each.path, each.line, 1, "foreign/moving-revision", message, mend, Severity.WARNING)


def _sources(manifest: Manifest) -> Iterator[ArgoApplication]:
    at = _SPECS.get(manifest.kind)
    if at is None or manifest.group != "argoproj.io":
        return
    spec: Mapping[str, Any] = manifest.document
    for step in at:
        spec = mapping(spec.get(str(step)))
    sync = mapping(spec.get("syncPolicy"))
    automated = sync.get("automated")
    on = isinstance(automated, dict) and automated.get("enabled") is not False
    heals = mapping(automated)
    for place, source in _places(spec, at):
        revision = source.get("targetRevision")
        text = "" if revision is None else str(revision)
        yield ArgoApplication(
            manifest.name,
            manifest.path,
            manifest.line_of((*place, "targetRevision") if revision is not None else place),
            str(source.get("repoURL") or ""),
            text,
            revision_pin(text),
            on,
            on and heals.get("prune") is True,
            on and heals.get("selfHeal") is True,
            _retries(sync),
        )


def _places(spec: Mapping[str, Any], at: JsonPath) -> Iterator[tuple[JsonPath, Mapping[str, Any]]]:
    if isinstance(spec.get("source"), dict):
        yield (*at, "source"), spec["source"]
    for index, each in enumerate(map(mapping, sequence(spec.get("sources")))):
        yield (*at, "sources", index), each


def _retries(sync: Mapping[str, Any]) -> int | None:
    limit = mapping(sync.get("retry")).get("limit")
    return max(limit, _ENDLESS) if isinstance(limit, int) and not isinstance(limit, bool) else None
