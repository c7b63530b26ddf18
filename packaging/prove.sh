#!/bin/sh
# The proof of an installation, in one command (make proof): no network, no administrator, a person named 张三.
#   sudo sh packaging/prove.sh ARCHIVE.tar.xz [OLDER-STORE]      root only makes the person and the network namespace
# A proof that was stopped or has failed goes on with the step that did not end, if archive, store and scripts are still
# the same: after each step the person's files are set aside. One that has passed begins anew.
# Linux. Needs: util-linux (unshare, setpriv), iproute2, xvfb, xdotool, libglib2.0-bin (gio), desktop-file-utils.
set -eu

steps="install entry self_test window update read_only uninstall"
archive=$(readlink -f "${1:?the archive that make package made}")
older=${2:-}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
begun="$here/../build/proof"
person=61999
[ "$(id -u)" = 0 ] || { echo "Needs root, to make a person and a network namespace." >&2; exit 1; }
for program in unshare setpriv ip Xvfb xdotool gio update-desktop-database python3 sha256sum; do
    command -v "$program" >/dev/null || { echo "$program is missing." >&2; exit 1; }
done
[ -z "$older" ] || [ -s "$older/cases.db" ] || { echo "$older holds no case store." >&2; exit 1; }

about=$({
    cat "$archive" "$here/prove.sh" "$here/prove_inside.sh" "$here/prove_window.py"
    [ -z "$older" ] || cat "$older/cases.db"
} | sha256sum | cut -c1-64)

# What was begun: a line with what it is about, a line with its folder. /tmp, as the person must reach it.
root=
if [ -f "$begun" ] && [ "$(sed -n 1p "$begun")" = "$about" ]; then
    root=$(sed -n 2p "$begun")
    [ -d "$root" ] && [ "$(stat -c %u "$root")" = 0 ] || root=
fi
if [ -z "$root" ]; then
    if [ -f "$begun" ]; then
        old=$(sed -n 2p "$begun")
        case "$old" in /tmp/apnet-proof-*) rm -rf "$old" ;; esac
    fi
    root=$(mktemp -d /tmp/apnet-proof-XXXXXX)
    chmod 755 "$root"
    mkdir -p "$root/home/张三" "$root/run" "$root/tmp" "$root/in" "$root/kept"
    chmod 700 "$root/run" "$root/home/张三" "$root/kept"
    cp "$archive" "$root/in/archive.tar.xz"
    cp "$here/prove_inside.sh" "$here/prove_window.py" "$root/in/"
    [ -z "$older" ] || cp -R "$older" "$root/in/older-store"
    chmod -R a+rX "$root/in"
    chown -R "$person:$person" "$root/home" "$root/run" "$root/tmp"
    # The person's name in a passwd file of the mount namespace only: nothing of this machine is changed.
    cp /etc/passwd "$root/passwd"
    echo "张三:x:$person:$person:张三:$root/home/张三:/bin/sh" >>"$root/passwd"
    mkdir -p "$(dirname -- "$begun")"
    printf '%s\n%s\n' "$about" "$root" >"$begun"
fi
# The X server's lock lies in /tmp, beside its namespaces: one that was killed leaves it.
# unshare answers to no milder signal; its namespace goes with it.
child=
trap 'rm -f /tmp/.X77-lock; [ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

run_step() {
    rm -f /tmp/.X77-lock
    unshare --net --mount --ipc --pid --fork --mount-proc --kill-child sh -eu -c '
        root=$1 person=$2 step=$3
        ip link set lo up                       # X and the socket of later starts are local; there is no other interface
        mount --bind "$root/passwd" /etc/passwd
        mount -t tmpfs -o mode=1777 tmpfs /tmp/.X11-unix 2>/dev/null || mkdir -p /tmp/.X11-unix
        exec setpriv --reuid "$person" --regid "$person" --clear-groups --no-new-privs --bounding-set=-all \
            env -i PATH=/usr/bin:/bin USER=张三 LOGNAME=张三 HOME="$root/home/张三" TMPDIR="$root/tmp" \
            XDG_RUNTIME_DIR="$root/run" LANG=C.UTF-8 sh -eu "$root/in/prove_inside.sh" "$root" "$step"
    ' prove "$root" "$person" "$1" >"$root/said" 2>&1 &
    child=$!
    wait "$child" || return 1
    child=
}

started=$(date +%s)
earlier=
for step in $steps; do
    if [ -f "$root/kept/$step" ]; then
        earlier="$earlier $step"
        cat "$root/kept/$step"
        continue
    fi
    # A step that did not end has left its traces: the files as they were after the one before it.
    if [ -d "$root/kept/home" ]; then
        rm -rf "$root/home" "$root/tmp" "$root/run"
        cp -a "$root/kept/home" "$root/kept/tmp" "$root/kept/run" "$root/"
    fi
    if ! run_step "$step"; then
        cat "$root/said"
        echo "Its logs: $root/tmp. The next call goes on with \"$step\"." >&2
        exit 1
    fi
    cat "$root/said"
    rm -rf "$root/kept/home" "$root/kept/tmp" "$root/kept/run"
    cp -a "$root/home" "$root/tmp" "$root/run" "$root/kept/"
    mv "$root/said" "$root/kept/$step"
done
if [ -n "$earlier" ]; then
    echo "The proof holds, in two goes: from an earlier one$earlier."
else
    echo "The proof holds, in one go of $(($(date +%s) - started)) s."
fi
rm -rf "$root" "$begun"
