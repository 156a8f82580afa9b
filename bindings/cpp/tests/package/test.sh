#!/bin/sh
# The CMake package: `test.sh <prefix> <folder for what is built>`. The prefix is moved first, because packages are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$2"
mkdir -p "$2"
cp -a "$1" "$2/moved"
cmake -S "$here" -B "$2/cmake" -DCMAKE_PREFIX_PATH="$2/moved" >"$2/log"
cmake --build "$2/cmake" >>"$2/log"
"$2/cmake/app_v2tim"
"$2/cmake/app_v2tim_static"
