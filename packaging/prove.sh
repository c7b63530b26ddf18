#!/bin/sh
# The proof of an installation, in one command (make proof): no network, no administrator, a person named 张三.
#   sudo sh packaging/prove.sh ARCHIVE.tar.xz [OLDER-STORE]      root only makes the person and the network namespace
# Linux. Needs: util-linux (unshare, setpriv), iproute2, xvfb, xdotool, libglib2.0-bin (gio), desktop-file-utils.
set -eu

archive=$(readlink -f "${1:?the archive that make package made}")
older=${2:-}
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
[ "$(id -u)" = 0 ] || { echo "Needs root, to make a person and a network namespace." >&2; exit 1; }
for program in unshare setpriv ip Xvfb xdotool gio update-desktop-database python3; do
    command -v "$program" >/dev/null || { echo "$program is missing." >&2; exit 1; }
done

root=$(mktemp -d /tmp/apnet-proof-XXXXXX)
person=61999
# The X server's lock lies in /tmp, beside its namespaces: one that was killed leaves it.
rm -f /tmp/.X77-lock
trap 'rm -rf "$root" /tmp/.X77-lock' EXIT
chmod 755 "$root"
mkdir -p "$root/home/张三" "$root/run" "$root/tmp" "$root/in"
cp "$archive" "$root/in/archive.tar.xz"
cp "$here/prove_inside.sh" "$here/prove_window.py" "$root/in/"
[ -z "$older" ] || cp -R "$older" "$root/in/older-store"
chmod 700 "$root/run" "$root/home/张三"
chmod -R a+rX "$root/in"
chown -R "$person:$person" "$root/home" "$root/run" "$root/tmp"

# The person's name in a passwd file of the mount namespace only: nothing of this machine is changed.
cp /etc/passwd "$root/passwd"
echo "张三:x:$person:$person:张三:$root/home/张三:/bin/sh" >>"$root/passwd"

unshare --net --mount --ipc --pid --fork --mount-proc --kill-child sh -eu -c '
    root=$1 person=$2
    ip link set lo up                       # X and the socket of later starts are local; there is no other interface
    mount --bind "$root/passwd" /etc/passwd
    mount -t tmpfs -o mode=1777 tmpfs /tmp/.X11-unix 2>/dev/null || mkdir -p /tmp/.X11-unix
    exec setpriv --reuid "$person" --regid "$person" --clear-groups --no-new-privs --bounding-set=-all \
        env -i PATH=/usr/bin:/bin USER=张三 LOGNAME=张三 HOME="$root/home/张三" TMPDIR="$root/tmp" \
        XDG_RUNTIME_DIR="$root/run" LANG=C.UTF-8 sh -eu "$root/in/prove_inside.sh" "$root"
' prove "$root" "$person"
