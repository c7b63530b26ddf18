#!/bin/sh
# Removes APNet Desktop of the person who runs it. Cases, settings and bundles stay where they are.
set -eu

into=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
[ -x "$into/apnet-desktop" ] || { echo "$into holds no APNet Desktop." >&2; exit 1; }

"$into/apnet" install-launcher --remove
for name in apnet apnet-desktop; do
    link="$HOME/.local/bin/$name"
    [ "$(readlink "$link" 2>/dev/null || true)" = "$into/$name" ] && rm -f "$link"
done
rm -rf "${XDG_CACHE_HOME:-$HOME/.cache}/apnet-desktop" "${XDG_STATE_HOME:-$HOME/.local/state}/apnet-desktop"
cd /
rm -rf "$into"
echo "Removed. Your cases and settings stay in ${XDG_DATA_HOME:-$HOME/.local/share}/apnet-desktop"
