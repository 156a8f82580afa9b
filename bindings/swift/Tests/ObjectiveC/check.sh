#!/bin/sh
# Checks the Objective-C face where there is no Objective-C to run: the types of its Swift code, before stand-ins of Apple's
# modules, and an app against the header that Swift makes of it. `cargo xtask test swift` calls it with a folder to work in.
set -eu

# There SwiftPM compiles the face itself.
if [ "$(uname)" = Darwin ]; then exit 0; fi

here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources
include=$here/StandIns/include
out=$1
rm -rf "$out"
mkdir -p "$out"

swift() {
    module=$1
    shift
    swiftc -frontend -module-name "$module" -swift-version 6 -warnings-as-errors -parse-as-library \
        -enable-objc-interop -Xcc -fblocks -Xcc -fobjc-runtime=macosx-10.15 -I "$include" -I "$out" "$@"
}

stand_in() {
    module=$1
    shift
    swift "$module" -emit-module -o "$out/$module.swiftmodule" "$here/StandIns/$module.swift" "$@"
}

stand_in Dispatch
stand_in Foundation -import-underlying-module
stand_in TesseraUniFFI
swift Tessera -typecheck -emit-objc-header-path "$out/Tessera-Swift.h" "$here/StandIns/Client.swift" \
    "$sources"/Tessera/V2TIM/*.swift "$sources"/Tessera/Generated/*.swift \
    "$sources"/Tessera/ClientConfig.swift "$sources"/Tessera/ClientListener.swift "$sources"/Tessera/Locked.swift \
    "$sources"/Tessera/Types.swift

clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang
for language in objective-c objective-c++; do
    "$clang" -x "$language" -fsyntax-only -fblocks -fobjc-arc -fobjc-runtime=macosx-10.15 \
        -fconstant-string-class=NSString -Wall -Wextra -Wno-unused-parameter -Werror \
        -I "$include" -isystem "$out" -I "$sources/TesseraObjC/include" "$here/App.m"
done
echo "3 passed, 0 failed"
