#!/bin/sh
# Put a pinned opa into .tools/go, for the tests and measurements that compare with it (`pytest -m opa`).
# Built from source through Go's module proxy, whose checksum database vouches for it; needs go 1.25 or newer.
# Does nothing where that version is there already.
set -eu
cd "$(dirname "$0")/.."

version=1.22.2

if [ -x .tools/go/opa ] && .tools/go/opa version | grep -q "^Version: $version\$"; then
    exit 0
fi
go=$(command -v go || echo /usr/local/go/bin/go)
if [ ! -x "$go" ]; then
    echo "opa is built with go, which is not found: install it from https://go.dev/dl" >&2
    exit 2
fi
echo "Building opa $version into .tools/go (some minutes the first time)" >&2
CGO_ENABLED=0 GOBIN="$PWD/.tools/go" "$go" install "github.com/open-policy-agent/opa@v$version"
