"""How firmly a reference to an image, a model or a Git revision says what runs."""

from __future__ import annotations

import re

from fairlead.domain.infrastructure import Pin

__all__ = ["image_pin", "model_pin", "revision_pin"]

_PLACEHOLDER = re.compile(r"\{\{|\$\(|\$\{|<[A-Za-z_ -]+>|^\{[A-Za-z_]+\}")
_DIGEST = re.compile(r"@sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SHORT_COMMIT = re.compile(r"(?=[a-f]*[0-9])[0-9a-f]{7,39}")
_VERSION = re.compile(r"(refs/tags/.+|([a-z0-9-]*-)?v?[0-9]+(\.[0-9]+){1,3}([-+.][0-9A-Za-z.+-]+)?)")
_MOVING_TAGS = frozenset(
    {"latest", "main", "master", "dev", "develop", "edge", "head", "nightly", "stable", "canary", "release", "prod"}
)
_HUB = frozenset({"hf", "huggingface"})


def image_pin(reference: str) -> Pin:
    """An image: `x@sha256:...` is pinned, `x:1.2` a tag; `x`, `x:latest` and branches' names move."""
    if not reference or _PLACEHOLDER.search(reference):
        return Pin.UNKNOWN
    if _DIGEST.search(reference):
        return Pin.DIGEST
    tag = reference.rpartition("/")[2].partition(":")[2]
    return Pin.MOVING if not tag or tag.lower() in _MOVING_TAGS else Pin.TAG


def model_pin(uri: str, revision: str = "") -> Pin:
    """A model's storage address, as KServe and its like write it, with the revision that stands beside it, if any.

    `hf://owner/name:REVISION` (also with `@`), `oci://image`, `gs://bucket/object#GENERATION`. A bucket, a volume and
    a web address say where something lies, not what it is.
    """
    if not uri or _PLACEHOLDER.search(uri) or _PLACEHOLDER.search(revision):
        return Pin.UNKNOWN
    scheme, separator, rest = uri.partition("://")
    if separator and scheme.lower() in {"oci", "docker"}:
        return image_pin(rest)
    if separator and scheme.lower() == "gs":
        return Pin.DIGEST if re.search(r"#[0-9]{10,}$", rest) else Pin.MOVING
    if not separator or scheme.lower() in _HUB:
        name = rest if separator else uri
        revision = revision or re.split(r"[:@]", name, maxsplit=1)[-1] if re.search(r"[:@]", name) else revision
        return _revision(revision)
    return Pin.DIGEST if re.search(r"[?&]versionId=[^&]+$", rest) else Pin.MOVING


def _revision(revision: str) -> Pin:
    if _COMMIT.fullmatch(revision):
        return Pin.DIGEST
    return Pin.TAG if _VERSION.fullmatch(revision) else Pin.MOVING


def revision_pin(revision: str) -> Pin:
    """A Git revision or a chart's version, as Argo CD follows it: a commit, a version's name, or something that moves.

    A range (`1.x`, `>=1.2`, `*`) and an empty revision, which is the default branch, move.
    """
    if _PLACEHOLDER.search(revision):
        return Pin.UNKNOWN
    if _COMMIT.fullmatch(revision) or _SHORT_COMMIT.fullmatch(revision):
        return Pin.DIGEST
    return Pin.TAG if _VERSION.fullmatch(revision) else Pin.MOVING
