#!/bin/sh
# Installs APNet Desktop for the person who runs it: no administrator, no network. Running it again is the update.
#   sh install.sh [--into FOLDER]     default: ~/.local/lib/apnet-desktop
# Cases, settings and bundles lie elsewhere (~/.local/share/apnet-desktop) and are not touched.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
into="${HOME:?}/.local/lib/apnet-desktop"
[ "${1:-}" = --into ] && into=${2:?"--into needs a folder"}
source="$here/apnet-desktop"
[ -x "$source/apnet-desktop" ] || { echo "The folder apnet-desktop is missing beside install.sh: unpack the archive again." >&2; exit 1; }

for program in /proc/[0-9]*/exe; do
    if [ "$(readlink "$program" 2>/dev/null || true)" = "$into/apnet-desktop" ]; then
        echo "APNet Desktop is running. Close its window, then run install.sh again." >&2
        exit 1
    fi
done

if ! mkdir -p "$(dirname -- "$into")" 2>/dev/null || ! touch "$into.new.test" 2>/dev/null; then
    echo "$(dirname -- "$into") cannot be written. Choose another folder: sh install.sh --into FOLDER" >&2
    exit 1
fi
rm -f "$into.new.test"
# The new application takes the old one's place in one step, so an interrupted update leaves the old one whole.
rm -rf "$into.new" "$into.old"
cp -R "$source" "$into.new"
cp "$here/uninstall.sh" "$into.new/uninstall.sh"
[ -e "$into" ] && mv "$into" "$into.old"
mv "$into.new" "$into"
rm -rf "$into.old"

if mkdir -p "$HOME/.local/bin" 2>/dev/null; then
    ln -sf "$into/apnet-desktop" "$HOME/.local/bin/apnet-desktop"
    ln -sf "$into/apnet" "$HOME/.local/bin/apnet"
fi
"$into/apnet" install-launcher
echo "Installed in $into"
echo "Check it: \"$into/apnet-desktop\" --self-test"
echo "Remove it: sh \"$into/uninstall.sh\""
