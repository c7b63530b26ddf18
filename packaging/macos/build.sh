#!/bin/sh
# Builds "APNet Desktop.app" and a disk image; run on a Mac, from the repository, after `make run` has made .venv.
#   sh packaging/macos/build.sh                          signed for this Mac alone
#   IDENTITY="Developer ID Application: …" PROFILE=…      signed and notarised (notarytool keychain profile)
set -eu
cd "$(dirname "$0")/../.."

[ "$(uname -s)" = Darwin ] || { echo "This runs on macOS." >&2; exit 1; }
.venv/bin/python -m pip install --quiet -e '.[packaging]'
PYTHONPATH=packaging .venv/bin/python -m packager.build --variant cpu --folder-only
app="dist/cpu/APNet Desktop.app"

identity=${IDENTITY:--}
# Inner libraries first, the bundle last: a signature covers what is signed already.
find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 |
    xargs -0 codesign --force --options runtime --timestamp=none --sign "$identity"
codesign --force --options runtime --entitlements packaging/macos/entitlements.plist --sign "$identity" "$app"
codesign --verify --deep --strict "$app"

version=$(.venv/bin/python -c 'from importlib.metadata import version; print(version("apnet-desktop"))')
image="dist/cpu/apnet-desktop-$version-macos-$(uname -m)-cpu.dmg"
rm -f "$image"
hdiutil create -volname "APNet Desktop" -srcfolder "$app" -format UDZO "$image"
if [ -n "${PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$PROFILE" --wait
    xcrun stapler staple "$image"
fi
"$app/Contents/MacOS/apnet-desktop" --self-test
echo "$image"
