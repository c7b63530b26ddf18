#!/bin/sh
# System libraries that Qt, LightGBM and the tests need. Present: says nothing. Missing: installs them as root on Debian
# and Ubuntu, otherwise prints the one line to run. Argument "test" adds what the tests need, "package" what make package
# and make proof need.
set -eu

[ "$(uname -s)" = Linux ] || exit 0

wanted="libglib-2.0.so.0:libglib2.0-0 libGL.so.1:libgl1 libEGL.so.1:libegl1 libbrotlidec.so.1:libbrotli1
libdbus-1.so.3:libdbus-1-3 libfontconfig.so.1:libfontconfig1 libxkbcommon.so.0:libxkbcommon0 libgomp.so.1:libgomp1
libxkbcommon-x11.so.0:libxkbcommon-x11-0 libxcb-cursor.so.0:libxcb-cursor0 libxcb-icccm.so.4:libxcb-icccm4
libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-shape.so.0:libxcb-shape0 libxcb-xkb.so.1:libxcb-xkb1"
programs=""
[ "${1:-}" = package ] && programs="strip:binutils dpkg-deb:dpkg lintian:lintian Xvfb:xvfb xauth:xauth xdotool:xdotool gio:libglib2.0-bin
desktop-file-validate:desktop-file-utils unshare:util-linux ip:iproute2"
[ "${1:-}" = test ] && programs="Xvfb:xvfb xauth:xauth pdffonts:poppler-utils desktop-file-validate:desktop-file-utils dciodvfy:dicom3tools dcm2pdf:dcmtk"

known=$( (ldconfig -p 2>/dev/null || /sbin/ldconfig -p) )
missing=""
for pair in $wanted; do
    case "$known" in *"${pair%%:*}"*) ;; *) missing="$missing ${pair##*:}" ;; esac
done
for pair in $programs; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing system libraries. Install what your system calls:$missing" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    echo "Installing system libraries:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Missing system libraries. Run this line, then try again:" >&2
    echo "  sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
