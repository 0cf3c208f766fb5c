"""Headers of every answer: what a browser may load, keep and frame. The page uses its own files only."""

from __future__ import annotations

__all__ = ["HARDENING", "TRANSPORT"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# With `no-referrer` a browser sends `Origin: null` on our own forms, and the check of the origin would refuse them.
HARDENING = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

TRANSPORT = {"strict-transport-security": "max-age=31536000"}
"""Only where the server is reached over TLS."""
