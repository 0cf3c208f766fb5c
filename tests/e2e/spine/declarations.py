"""What the machines of these tests declare, and what they are asked."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["GATEWAY", "HOME", "MODEL", "WORKSPACE"]

HOME = {"inputs": [{"name": "home", "shape": [1, 2], "datatype": "FP32", "data": [50, 2]}]}

WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments:
  - name: prod
    target: {{ port: {port} }}
    sync: {sync}
priceBook:
  currency: USD
  rows:
    - {{ resource: cpu, price: 0.0425, source: "example list price, per core-hour", asOf: TODAY }}
metering: {{ window: {window} }}
""".replace("TODAY", datetime.now(UTC).date().isoformat())
GATEWAY = """\
customers: [{ name: acme }, { name: brook }]
gateway: { trustedProxies: [127.0.0.1/32] }
"""
MODEL = """\
apiVersion: fairlead.dev/v1alpha1
kind: Model
owner: team@example.com
artifact: {{ uri: "file:models/{name}/{file}" }}
serving: {serving}
environments: {{ prod: {{}} }}
"""
