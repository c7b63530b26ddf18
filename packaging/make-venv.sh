#!/bin/sh
# Makes .venv with the project and its pinned dependencies.
set -eu
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "APNet Desktop needs Python 3.11 or newer as $python (or: make PYTHON=/path/to/python3)." >&2
    exit 1
}
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    else
        echo "Python's venv is missing. Run this line, then try again:" >&2
        echo "  sudo apt-get install --no-install-recommends python3-venv" >&2
        exit 1
    fi
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "Installing the pinned dependencies into .venv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[development]'
# The network's graph for the processor: without it torch runs, which starts later and is slower.
.venv/bin/apnet bundle prepare >/dev/null || echo "The graph for the processor could not be made; torch runs instead." >&2
