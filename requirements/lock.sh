#!/bin/sh
# Make the lock files anew: ./requirements/lock.sh [--upgrade …]. Needs uv on the PATH. Each layer is cut out of
# one resolution for all Pythons and platforms, so that they always agree; versions stay unless --upgrade is given.
set -eu
cd "$(dirname "$0")/.."

lock() {
    layer=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
        --output-file "requirements/$layer.lock" "$@"
}

lock build requirements/build.in "$@"
lock tests pyproject.toml --extra asr --extra tts --extra phone --extra test "$@"
lock speech pyproject.toml --extra asr --extra tts --extra phone --constraint requirements/tests.lock
lock node requirements/node.in "$@"
lock base pyproject.toml --constraint requirements/tests.lock
