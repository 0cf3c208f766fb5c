"""A reference is pinned, a version, or moves; where nobody can tell, that is said."""

from __future__ import annotations

import pytest

from fairlead.declare.manifests.references import image_pin, model_pin, revision_pin

_SHA = "a" * 40


@pytest.mark.parametrize(
    ("reference", "pin"),
    [
        (f"x/y@sha256:{'0' * 64}", "digest"),
        (f"localhost:5000/x/y:1@sha256:{'0' * 64}", "digest"),
        ("x/y:1.2", "tag"),
        ("localhost:5000/y", "moving"),
        ("x/y", "moving"),
        ("x/y:latest", "moving"),
        ("x/y:Main", "moving"),
        ("x/y@sha256:short", "tag"),
        ("{{ .Values.image }}", "unknown"),
        ("x/${IMAGE}", "unknown"),
        ("", "unknown"),
    ],
)
def test_images(reference: str, pin: str) -> None:
    """Only a whole digest is one."""
    assert image_pin(reference) == pin


@pytest.mark.parametrize(
    ("uri", "revision", "pin"),
    [
        ("hf://a/b", "", "moving"),
        (f"hf://a/b:{_SHA}", "", "digest"),
        (f"hf://a/b@{_SHA}", "", "digest"),
        ("hf://a/b:main", "", "moving"),
        ("hf://a/b:v1.0", "", "tag"),
        ("a/b", _SHA, "digest"),
        ("a/b", "", "moving"),
        ("s3://bucket/model", "", "moving"),
        ("s3://bucket/model?versionId=abc", "", "digest"),
        ("gs://bucket/model#1700000000000000", "", "digest"),
        ("gs://bucket/model", "", "moving"),
        ("pvc://claim/model", "", "moving"),
        ("https://example.com/model.tar.gz", "", "moving"),
        (f"oci://x/y@sha256:{'0' * 64}", "", "digest"),
        ("oci://x/y:1.0", "", "tag"),
        ("s3://${BUCKET}/x", "", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_models(uri: str, revision: str, pin: str) -> None:
    """A bucket's path says where something lies, not what it is."""
    assert model_pin(uri, revision) == pin


@pytest.mark.parametrize(
    ("revision", "pin"),
    [
        ("", "moving"),
        ("HEAD", "moving"),
        ("main", "moving"),
        ("release/1.2", "moving"),
        ("1.x", "moving"),
        (">=1.2", "moving"),
        ("*", "moving"),
        ("feedface", "moving"),
        (_SHA, "digest"),
        ("1a2b3c4", "digest"),
        ("v1.2.3", "tag"),
        ("2.14.0", "tag"),
        ("chart-1.0.0", "tag"),
        ("refs/tags/any", "tag"),
        ("{{revision}}", "unknown"),
    ],
)
def test_revisions(revision: str, pin: str) -> None:
    """A branch moves whatever it is called; a word of the letters a to f is a branch."""
    assert revision_pin(revision) == pin
