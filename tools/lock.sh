#!/bin/sh
# Resolve pyproject.toml into the two files that `make setup` installs from: requirements.lock, and
# tools/uv-requirements.txt for uv itself. Both pin every version by hash and name no registry host,
# so that they work behind any mirror. Needs uv on the PATH. Arguments go to the resolver, e.g.
# `tools/lock.sh --upgrade` or `tools/lock.sh --upgrade-package click`.
set -eu
cd "$(dirname "$0")/.."

resolve() {
    uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
        --python-version 3.11 "$@" >/dev/null
}

resolve pyproject.toml --extra local --extra forecast --extra finops --extra spark --extra aws --extra demo --extra signing --group dev --output-file requirements.lock "$@"
echo uv | resolve - --no-deps --output-file tools/uv-requirements.txt "$@"
