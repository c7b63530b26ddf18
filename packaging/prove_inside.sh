#!/bin/sh
# One step of prove.sh, as 张三 inside the namespaces: each finding prints a line, and the first that fails ends it.
#   prove_inside.sh ROOT STEP
set -eu
root=$1
step=$2
share="$HOME/.local/share/apnet-desktop"
library="$HOME/.local/lib/apnet-desktop"
program="$library/apnet-desktop"
command="$library/apnet"
entry="$HOME/.local/share/applications/apnet-desktop.desktop"
ct="$root/tmp/患者 一 的CT"
export DISPLAY=:77
started=$(date +%s)

said() { printf '%4d s  ✓ %s\n' "$(($(date +%s) - started))" "$1"; }
fail() { printf '%4d s  ✕ %s\n' "$(($(date +%s) - started))" "$1"; exit 1; }
show() { sed 's/^/          /' "$1"; }

screen() {
    Xvfb "$DISPLAY" -screen 0 1600x1000x24 -nolisten tcp >/dev/null 2>&1 &
    for _ in $(seq 300); do xdotool getdisplaygeometry >/dev/null 2>&1 && return 0; sleep 0.2; done
    fail "no Xvfb"
}
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
run_installer() {
    tar -xJf "$root/in/archive.tar.xz"
    sh "$root"/tmp/apnet-desktop-*/install.sh >"$root/tmp/install.log" || { show "$root/tmp/install.log"; fail "install.sh"; }
    rm -rf "$root"/tmp/apnet-desktop-*/
}

# Install, with an empty home.
prove_install() {
    [ "$(id -un)" = 张三 ] && [ "$(id -u)" != 0 ] || fail "not the person"
    python3 -c '
import socket, sys
try:
    socket.create_connection(("192.0.2.1", 80), 2)
except OSError:
    sys.exit(0)
sys.exit(1)' || fail "there is a network"
    said "$(id -un), no network"
    [ -z "$(ls -A "$HOME")" ] || fail "the home is not empty"
    run_installer
    said "installed into an empty home: $(du -sm "$library" | cut -f1) MiB, $(find "$library" -type f | wc -l) files"
}

prove_entry() {
    desktop-file-validate "$entry" || fail "the desktop entry is not valid"
    for kind in application/dicom inode/directory; do
        gio mime "$kind" | grep -q apnet-desktop.desktop || fail "$kind is not offered to APNet"
    done
    said "desktop entry valid, offered for application/dicom and inode/directory"
}

prove_self_test() {
    screen
    "$program" --self-test >"$root/tmp/self-test.log" 2>&1 || { show "$root/tmp/self-test.log"; fail "self-test"; }
    show "$root/tmp/self-test.log"
    said "self-test"
}

# Start by the desktop entry, as a menu does; a folder by a double-click while that window is open; its report.
prove_window() {
    screen
    gio launch "$entry" >/dev/null 2>&1 &
    wait_window || fail "no window by the desktop entry"
    said "window by the desktop entry"

    "$command" demo --headless --json --out "$root/tmp/demo.pdf" >"$root/tmp/demo.log" 2>&1 \
        || { show "$root/tmp/demo.log"; fail "the simulated patient's report"; }
    mv "$share/demo-case/ct" "$ct"
    gio launch "$entry" "$ct" >/dev/null 2>&1 || fail "the second start"
    python3 "$root/in/prove_window.py" "$share" "$ct" || fail "the folder was not opened as a case"
    [ "$(xdotool search --onlyvisible --name 'APNet Desktop' | wc -l)" -ge 1 ] || fail "the window is gone"
    said "a folder by a double-click is a case of the window that was open"

    "$command" report "$ct" --roi "$share/demo-case/pancreas.nii.gz" --clinical "$share/demo-case/clinical.json" \
        --confirmed-by 张三 --out "$root/tmp/报告.pdf" >"$root/tmp/report.log" 2>&1 \
        || { show "$root/tmp/report.log"; fail "the folder's report"; }
    [ -s "$root/tmp/报告.pdf" ] || fail "no report"
    said "report of that folder: $(head -1 "$root/tmp/report.log")"

    close_window || fail "the window does not close"
    [ "$(cases)" = 1 ] || fail "the case is not in the store"
    said "closed in good order; the case is in the store"
}

# Update over an older store: the store of an older version if there is one, else the one that was just made.
prove_update() {
    whose="its own"
    if [ -d "$root/in/older-store" ]; then
        rm -rf "$share"
        cp -R "$root/in/older-store" "$share"
        whose="an older version's"
    fi
    before=$(python3 -c '
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}/cases.db?mode=ro", uri=True) as database:
    print(database.execute("SELECT count(*) FROM cases").fetchone()[0])' "$share")
    run_installer
    [ "$(cases)" = "$before" ] || fail "cases were lost in the update"
    "$command" case verify >/dev/null || fail "the audit trail does not hold after the update"
    [ ! -e "$library.old" ] && [ ! -e "$library.new" ] || fail "the update left something"
    said "updated over $whose store with $before cases; they are there, the audit trail holds"
}

# A read-only home: a window and a self-test that says so; nothing is lost silently.
prove_read_only() {
    screen
    chmod 555 "$HOME/.local/share" "$HOME/.local/state" "$HOME/.local" "$HOME" 2>/dev/null || true
    chmod 555 "$share"
    "$program" --self-test >"$root/tmp/read-only.log" 2>&1 && fail "the self-test does not see that the home is read-only"
    grep -q "$share" "$root/tmp/read-only.log" || { show "$root/tmp/read-only.log"; fail "no sentence names the folder"; }
    [ "$(grep -c '^✕' "$root/tmp/read-only.log")" = 1 ] || { show "$root/tmp/read-only.log"; fail "more than the store fails"; }
    "$program" "$ct" >"$root/tmp/window.log" 2>&1 &
    wait_window || { show "$root/tmp/window.log"; fail "no window with a read-only home"; }
    title=$(xdotool getwindowname "$(window)")
    case "$title" in *emporary*) ;; *) fail "the title does not say that nothing is kept: $title" ;; esac
    close_window || fail "the window does not close"
    ls -d "$root"/tmp/apnet-temporary-* >/dev/null 2>&1 && fail "the temporary store stays"
    chmod 700 "$HOME" "$HOME/.local" "$HOME/.local/share" "$share"
    [ ! -d "$HOME/.local/state" ] || chmod 700 "$HOME/.local/state"
    said "read-only home: \"$title\", and the self-test names $share"
}

# Uninstall: only the person's cases remain.
prove_uninstall() {
    sh "$library/uninstall.sh" >"$root/tmp/uninstall.log"
    left=$(cd "$HOME" && find . \( -type f -o -type l \) ! -path './.local/share/apnet-desktop/*' | sort)
    [ -z "$left" ] || fail "left behind: $left"
    [ -s "$share/cases.db" ] || fail "the cases are gone"
    kept=$(cd "$HOME" && find . -mindepth 1 -maxdepth 4 -path './.local/share/apnet-desktop/*' | sort | tr '\n' ' ')
    said "uninstalled; what remains: $kept"
}

cd "$root/tmp"
"prove_$step"
