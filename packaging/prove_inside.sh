#!/bin/sh
# What prove.sh does as 张三 inside the namespaces: each step prints one line, and the first that fails ends it.
set -eu
root=$1
share="$HOME/.local/share/apnet-desktop"
program="$HOME/.local/lib/apnet-desktop/apnet-desktop"
command="$HOME/.local/lib/apnet-desktop/apnet"
started=$(date +%s)

said() { printf '%4d s  ✓ %s\n' "$(($(date +%s) - started))" "$1"; }
fail() { printf '%4d s  ✕ %s\n' "$(($(date +%s) - started))" "$1"; exit 1; }
cd "$root/tmp"

[ "$(id -un)" = 张三 ] && [ "$(id -u)" != 0 ] || fail "not the person"
python3 -c '
import socket, sys
try:
    socket.create_connection(("192.0.2.1", 80), 2)
except OSError:
    sys.exit(0)
sys.exit(1)' || fail "there is a network"
said "$(id -un), no network"

export DISPLAY=:77
Xvfb :77 -screen 0 1600x1000x24 -nolisten tcp >/dev/null 2>&1 &
x_server=$!
for _ in $(seq 300); do xdotool getdisplaygeometry >/dev/null 2>&1 && break; sleep 0.2; done
xdotool getdisplaygeometry >/dev/null || fail "no Xvfb"

# Install, with an empty home.
[ -z "$(ls -A "$HOME")" ] || fail "the home is not empty"
tar -xJf "$root/in/archive.tar.xz"
sh "$root"/tmp/apnet-desktop-*/install.sh >"$root/tmp/install.log"
rm -rf "$root"/tmp/apnet-desktop-*/
said "installed into an empty home: $(du -sm "$HOME/.local/lib" | cut -f1) MiB"

entry="$HOME/.local/share/applications/apnet-desktop.desktop"
desktop-file-validate "$entry" || fail "the desktop entry is not valid"
for kind in application/dicom inode/directory; do
    gio mime "$kind" | grep -q apnet-desktop.desktop || fail "$kind is not offered to APNet"
done
said "desktop entry valid, offered for application/dicom and inode/directory"

"$program" --self-test >"$root/tmp/self-test.log" 2>&1 || { cat "$root/tmp/self-test.log"; fail "self-test"; }
sed 's/^/          /' "$root/tmp/self-test.log"
said "self-test"

window() { xdotool search --onlyvisible --name 'APNet Desktop' 2>/dev/null | head -1; }
wait_window() { for _ in $(seq 300); do [ -n "$(window)" ] && return 0; sleep 0.2; done; return 1; }
close_window() {
    # There is no window manager here whose button could be pressed: the menu's own keys, again while a busy machine
    # has not yet given the window the keyboard.
    for _ in $(seq 24); do
        open=$(window)
        [ -z "$open" ] || { xdotool windowfocus "$open" && xdotool key ctrl+q; } 2>/dev/null || true
        for _ in $(seq 25); do pgrep -u "$(id -u)" -f "^$program" >/dev/null || return 0; sleep 0.2; done
    done
    pgrep -u "$(id -u)" -af "^$program"
    return 1
}
cases() { "$command" case list --json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["cases"]))'; }

# Start by the desktop entry, as a menu does.
gio launch "$entry" >/dev/null 2>&1 &
wait_window || fail "no window by the desktop entry"
said "window by the desktop entry"

# A double-click on a folder while the window is open: its path goes to that window.
"$command" demo --headless --out "$root/tmp/报告.pdf" >"$root/tmp/demo.log" 2>&1 || { cat "$root/tmp/demo.log"; fail "demo report"; }
[ -s "$root/tmp/报告.pdf" ] || fail "no report"
said "report: $(head -1 "$root/tmp/demo.log")"
ct="$root/tmp/患者 一 的CT"
mv "$share/demo-case/ct" "$ct"
gio launch "$entry" "$ct" >/dev/null 2>&1 || fail "the second start"
python3 "$root/in/prove_window.py" "$share" "$ct" || fail "the folder was not opened as a case"
[ "$(xdotool search --onlyvisible --name 'APNet Desktop' | wc -l)" -ge 1 ] || fail "the window is gone"
said "a folder by a second double-click is a case of the window that was open"
close_window || fail "the window does not close"
[ "$(cases)" = 1 ] || fail "the case is not in the store"
said "closed in good order; the case is in the store"

# Update over an older store: the store of an older version if there is one, else the one that was just made.
if [ -d "$root/in/older-store" ]; then
    rm -rf "$share"
    cp -R "$root/in/older-store" "$share"
fi
before=$(cases)
tar -xJf "$root/in/archive.tar.xz"
sh "$root"/tmp/apnet-desktop-*/install.sh >"$root/tmp/update.log"
rm -rf "$root"/tmp/apnet-desktop-*/
[ "$(cases)" = "$before" ] || fail "cases were lost in the update"
"$command" case verify >/dev/null || fail "the audit trail does not hold after the update"
[ ! -e "$HOME/.local/lib/apnet-desktop.old" ] && [ ! -e "$HOME/.local/lib/apnet-desktop.new" ] || fail "the update left something"
said "updated over a store with $before cases; they are there, the audit trail holds"

# A read-only home: a window and a self-test that says so; nothing is lost silently.
chmod 555 "$HOME/.local/share" "$HOME/.local/state" "$HOME/.local" "$HOME" 2>/dev/null || true
chmod 555 "$share"
"$program" --self-test >"$root/tmp/read-only.log" 2>&1 && fail "the self-test does not see that the home is read-only"
grep -q "$share" "$root/tmp/read-only.log" || { cat "$root/tmp/read-only.log"; fail "no sentence names the folder"; }
[ "$(grep -c '^✕' "$root/tmp/read-only.log")" = 1 ] || { cat "$root/tmp/read-only.log"; fail "more than the store fails"; }
"$program" "$ct" >"$root/tmp/window.log" 2>&1 &
wait_window || { cat "$root/tmp/window.log"; fail "no window with a read-only home"; }
title=$(xdotool getwindowname "$(window)")
case "$title" in *emporary*) ;; *) fail "the title does not say that nothing is kept: $title" ;; esac
close_window || fail "the window does not close"
ls -d "$root"/tmp/apnet-temporary-* >/dev/null 2>&1 && fail "the temporary store stays"
chmod 700 "$HOME" "$HOME/.local" "$HOME/.local/share" "$share"
[ ! -d "$HOME/.local/state" ] || chmod 700 "$HOME/.local/state"
said "read-only home: \"$title\", and the self-test names $share"

# Uninstall: only the person's cases remain.
sh "$HOME/.local/lib/apnet-desktop/uninstall.sh" >"$root/tmp/uninstall.log"
kill "$x_server"
left=$(cd "$HOME" && find . \( -type f -o -type l \) ! -path './.local/share/apnet-desktop/*' | sort)
[ -z "$left" ] || fail "left behind: $left"
[ -s "$share/cases.db" ] || fail "the cases are gone"
said "uninstalled; what remains: $(cd "$HOME" && find . -mindepth 1 -maxdepth 4 -path './.local/share/apnet-desktop/*' | sort | tr '\n' ' ')"
