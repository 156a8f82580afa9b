#!/bin/sh
# The pkg-config file and the CMake package: `test.sh <prefix> <folder for what is built>`. The prefix is moved first,
# because packages are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$2"
mkdir -p "$2"
cp -a "$1" "$2/moved"
export PKG_CONFIG_PATH="$2/moved/lib/pkgconfig"
gcc -std=c11 -Wall -Wextra -Werror -pedantic "$here/app.c" -o "$2/by-pkg-config" $(pkg-config --cflags --libs tessera)
LD_LIBRARY_PATH="$2/moved/lib" "$2/by-pkg-config"
gcc -std=c11 "$here/app.c" -o "$2/by-pkg-config-static" $(pkg-config --cflags tessera) "$2/moved/lib/libtessera.a" \
    $(pkg-config --static --libs tessera | sed 's/-ltessera//')
"$2/by-pkg-config-static"
# All of it static. glibc warns that it wants its own shared parts to look names up.
gcc -std=c11 -static "$here/app.c" -o "$2/all-static" $(pkg-config --cflags --static --libs tessera) 2>"$2/log-static" ||
    { cat "$2/log-static"; exit 1; }
"$2/all-static"
cmake -S "$here" -B "$2/cmake" -DCMAKE_PREFIX_PATH="$2/moved" >"$2/log"
cmake --build "$2/cmake" >>"$2/log"
for program in "$2"/cmake/c_tim "$2"/cmake/c_tim_static "$2"/cmake/cpp_tim; do
    "$program"
done
