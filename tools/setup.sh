#!/bin/sh
# Build .venv from the lock: `make setup` calls this when the lock or pyproject.toml changed.
# uv does the work where it is found or where pip can fetch it into .tools; else plain venv and pip.
# FAIRLEAD_SETUP=pip leaves uv out; PYTHON names the interpreter to start from.
set -eu
cd "$(dirname "$0")/.."

log=.venv-setup.log
: >"$log"

fail() {
    printf 'failed.\n%s\n' "$1" >&2
    sed 's/^/    /' "$log" | tail -n 20 >&2
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
    [ -x .venv/bin/python ] || "$uv" venv --python "$python" --no-python-downloads .venv
    VIRTUAL_ENV=.venv "$uv" pip install --require-hashes --requirement requirements.lock
    VIRTUAL_ENV=.venv "$uv" pip install --no-deps --no-build-isolation --editable .
}

with_pip() {
    [ -x .venv/bin/pip ] || "$python" -m venv .venv
    .venv/bin/pip install --disable-pip-version-check --require-hashes --requirement requirements.lock
    .venv/bin/pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
}

started=$(date +%s)
python=$(find_python)
if [ -z "$python" ]; then
    fail "fairlead needs Python 3.11 or newer. Install one, or name it: make setup PYTHON=/path/to/python3"
fi
uv=$(find_uv)
way=${uv:+uv}
printf 'Setting up .venv with %s (about a minute the first time) ... ' "${way:-pip}" >&2
# The set -e of a function is off while its status is being tested, hence the sub-shell of its own.
set +e
(set -e; "with_${way:-pip}") >>"$log" 2>&1
status=$?
set -e
[ "$status" -eq 0 ] || fail "The last lines of $log:"
touch .venv/.ready
printf 'ready in %s s\n' "$(($(date +%s) - started))" >&2
