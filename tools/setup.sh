#!/bin/sh
# Build .venv from the lock: `make setup` calls this when the lock or pyproject.toml changed.
# uv does the work where it is found or where pip can fetch it into .tools; else, or where it fails, plain
# venv and pip do.
# FAIRLEAD_SETUP=pip leaves uv out; PYTHON names the interpreter to start from.
set -eu
cd "$(dirname "$0")/.."

log=.venv-setup.log
: >"$log"

fail() {
    printf '%s\n' "$1" >&2
    tail -n 20 "$log" | sed 's/^/    /' >&2
    exit 1
}

find_python() {
    # A name on the PATH proves nothing (shims, macOS's stub), so each candidate has to run.
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>>"$log"; then
            echo "$candidate"
            return
        fi
    done
}

find_uv() {
    [ "${FAIRLEAD_SETUP:-}" != pip ] || return 0
    if command -v uv; then return; fi
    if [ ! -x .tools/bin/uv ]; then
        "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
            --target .tools --requirement tools/uv-requirements.txt >>"$log" 2>&1 || return 0
    fi
    echo .tools/bin/uv
}

with_uv() {
    { [ -x .venv/bin/python ] || "$uv" venv --python "$python" --no-python-downloads .venv; } &&
        VIRTUAL_ENV=.venv "$uv" pip install --require-hashes --requirement requirements.lock &&
        VIRTUAL_ENV=.venv "$uv" pip install --no-deps --no-build-isolation --editable .
}

with_pip() {
    { [ -x .venv/bin/pip ] || "$python" -m venv .venv; } &&
        .venv/bin/pip install --disable-pip-version-check --require-hashes --requirement requirements.lock &&
        .venv/bin/pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
}

started=$(date +%s)
python=$(find_python)
if [ -z "$python" ]; then
    fail "fairlead needs Python 3.11 or newer. Install one, or name it: make setup PYTHON=/path/to/python3"
fi
[ -x .venv/bin/python ] || rm -rf .venv # its interpreter is gone
uv=$(find_uv)
# `set -e` is off in a function whose status is tested, hence `&&` between the steps.
if [ -n "$uv" ]; then
    printf 'Setting up .venv with uv (about a minute the first time) ... ' >&2
    if ! with_uv >>"$log" 2>&1; then
        # Mirrors and certificates are often configured for pip only.
        printf 'uv could not, see %s.\n' "$log" >&2
        uv=
    fi
fi
if [ -z "$uv" ]; then
    printf 'Setting up .venv with pip (about two minutes the first time) ... ' >&2
    with_pip >>"$log" 2>&1 || fail "failed. The last lines of $log:"
fi
touch .venv/.ready
printf 'ready in %s s\n' "$(($(date +%s) - started))" >&2
