"""The HTTP interface: each route parses, calls one flow and renders JSON, behind one guard for all requests."""
