"""A model's bill of materials: what it is made of, where that is from, what was measured; CycloneDX with a model card.

Source: CycloneDX 1.6 (ECMA-424), https://cyclonedx.org/docs/1.6/json/, components of type machine-learning-model. The
same material gives the same bytes: no time of day, no random number. What was typed in is marked as claimed, and stands
among no measurements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from fairlead.check.licences import spdx_id
from fairlead.check.model_card import model_card
from fairlead.domain.dependency import Dependency
from fairlead.domain.evidence import Evidence, Standing
from fairlead.domain.lock import Lock
from fairlead.domain.model import DataRef, ModelSpec
from fairlead.kernel.digests import digest_of

__all__ = ["SPEC_VERSION", "Material", "bill_of_materials"]

SPEC_VERSION = "1.6"

_NAMESPACE = UUID("5f9c0d9e-3b42-5c1e-9d1c-2f6f5b7a9e01")
"""Of serial numbers: a bill's is the digest of what it says, in this namespace."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
_HUB = re.compile(r"hf://([^@\s]+?)(?:@\S*)?")
_PURL_TYPES = {"PyPI": "pypi", "npm": "npm"}

_Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """What a bill is made from. `release` is the digest of the release; `dependencies` None: they are not known."""

    name: str
    release: str
    spec: ModelSpec
    lock: Lock
    tool: str
    dependencies: Sequence[Dependency] | None = None
    evidence: Evidence | None = None
    standing: Standing = Standing.CLAIMED


def bill_of_materials(material: Material) -> _Object:
    """The document, valid under the official schema of SPEC_VERSION."""
    model = _model(material)
    data = [_data(each) for each in material.spec.data]
    packages = [_package(each) for each in _once(material.dependencies or ())]
    bill: _Object = {
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "fairlead", "version": material.tool}]},
            "component": model,
        },
        "components": [*data, *packages],
        "dependencies": [
            {"ref": model["bom-ref"], "dependsOn": sorted(each["bom-ref"] for each in (*data, *packages))},
            *({"ref": each["bom-ref"]} for each in (*data, *packages)),
        ],
    }
    serial = uuid5(_NAMESPACE, f"{material.release}:{digest_of(bill)}")
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        **bill,
    }


def _model(material: Material) -> _Object:
    spec, lock = material.spec, material.lock
    purl = _model_purl(lock)
    return _full(
        {
            "type": "machine-learning-model",
            "bom-ref": f"model:{material.name}",
            "name": material.name,
            "version": material.release[:12],
            "description": spec.description,
            "licenses": _licences(spec.provenance.licence),
            "purl": purl,
            "pedigree": _pedigree(spec.provenance.base_model),
            "externalReferences": _references(spec, lock),
            "components": [
                {
                    "type": "file",
                    "bom-ref": f"file:{file.path}",
                    "name": file.path,
                    "hashes": [{"alg": "SHA-256", "content": file.sha256}],
                    "properties": [_property("size", str(file.size))],
                }
                for file in sorted(lock.files)
            ],
            "modelCard": model_card(spec, material.evidence, material.standing),
            "properties": list(_properties(material)),
        }
    )


def _properties(material: Material) -> Iterator[_Object]:
    spec, lock = material.spec, material.lock
    yield _property("release", material.release)
    yield _property("owner", spec.owner)
    yield _property("artifact:uri", lock.uri)
    yield _property("artifact:revision", lock.revision)
    yield _property("artifact:tree", lock.tree)
    yield _property("serving:runtime", spec.serving.runtime)
    yield _property("serving:dependencies", "not known" if material.dependencies is None else "locked")
    for name, text in (
        ("provenance:code", spec.provenance.code),
        ("provenance:training-run", spec.provenance.training_run),
    ):
        if text and not _ADDRESS.fullmatch(text):
            yield _property(name, text)


def _property(name: str, value: str) -> _Object:
    return {"name": f"fairlead:{name}", "value": value}


def _full(fields: Mapping[str, Any]) -> _Object:
    """Without what is empty: an empty text would say that there is nothing, where nothing was said."""
    return {name: value for name, value in fields.items() if value not in ("", None, [], {})}


def _licences(licence: str) -> list[_Object]:
    """SPDX's name for it where it has one; the Hub's own licences and others by their name."""
    if not licence:
        return []
    expression = spdx_id(licence)
    return [{"expression": expression}] if expression else [{"license": {"name": licence}}]


def _pedigree(base: str) -> _Object:
    if not base:
        return {}
    hub = _HUB.fullmatch(base) or re.fullmatch(r"([\w.-]+/[\w.-]+)", base)
    purl = f"pkg:huggingface/{quote(hub[1])}" if hub else ""
    return {"ancestors": [_full({"type": "machine-learning-model", "name": base, "purl": purl})]}


def _model_purl(lock: Lock) -> str:
    """Package URLs know the Hub; a file in a repository has none."""
    hub = _HUB.fullmatch(lock.uri)
    return f"pkg:huggingface/{quote(hub[1])}@{lock.revision}" if hub else ""


def _references(spec: ModelSpec, lock: Lock) -> list[_Object]:
    found = (
        ("vcs", spec.provenance.code),
        ("build-meta", spec.provenance.training_run),
        ("distribution", lock.uri),
        ("risk-assessment", spec.privacy.dpia),
    )
    return [{"type": kind, "url": address} for kind, address in found if _ADDRESS.fullmatch(address)]


def _data(data: DataRef) -> _Object:
    contents = {"url": data.uri} if _ADDRESS.fullmatch(data.uri) else {}
    return _full(
        {
            "type": "data",
            "bom-ref": f"data:{data.name}",
            "name": data.name,
            "hashes": [{"alg": "SHA-256", "content": data.sha256}] if data.sha256 else [],
            "data": [
                _full(
                    {
                        "type": "dataset",
                        "name": data.name,
                        "description": f"{data.purpose} data",
                        "contents": contents,
                        "classification": "personal data" if data.personal_data else "no personal data declared",
                        "sensitiveData": list(data.tags),
                    }
                )
            ],
        }
    )


def _once(dependencies: Iterable[Dependency]) -> list[Dependency]:
    """A package that a lock file names in several places is one component."""
    return list({(each.ecosystem, each.name, each.version): each for each in sorted(dependencies)}.values())


def _package(dependency: Dependency) -> _Object:
    """Hashes only where one file is meant: those of several wheels are alternatives, which a component cannot say."""
    name = "/".join(quote(part, safe="") for part in dependency.name.split("/"))
    purl = f"pkg:{_PURL_TYPES[dependency.ecosystem]}/{name}@{quote(dependency.version, safe='')}"
    hashes = [{"alg": "SHA-256", "content": each.partition(":")[2]} for each in dependency.hashes]
    return _full(
        {
            "type": "library",
            "bom-ref": purl,
            "name": dependency.name,
            "version": dependency.version,
            "purl": purl,
            "hashes": hashes if len(hashes) == 1 else [],
        }
    )
