#!/bin/sh
# What libtessera exports is what its header declares, and nothing else: `exports.sh <prefix>`.
set -eu
declared=$(grep -oE '\b(TIM[A-Za-z0-9]+|callExperimentalAPI|tessera_[a-z_]+)\(' "$1/include/tessera/tim.h" | tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$1/lib/libtessera.so" | awk '$2 == "T" { print $3 }' | sort -u)
if [ "$declared" != "$exported" ]; then
    echo "FAILED the library exports something else than its header declares:"
    echo "$declared" >"${TMPDIR:-/tmp}/declared.$$"
    echo "$exported" | diff "${TMPDIR:-/tmp}/declared.$$" - || true
    rm -f "${TMPDIR:-/tmp}/declared.$$"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
echo "ok     the library exports what its header declares: $(echo "$exported" | wc -l) functions"
# A name with its version, so that a program finds the library that it was linked with.
readelf -d "$1/lib/libtessera.so" | grep -q 'SONAME.*\[libtessera\.so\.[0-9]*\]'
echo "ok     the library has a name with its version"
# C18: matrix_functions.c calls each of them in every callback.
tests=$(dirname "$0")
for name in $exported; do
    if ! grep -qE "\b$name\(" "$tests/matrix_functions.c" && ! grep -q "($name)" "$tests/swap/setters.h"; then
        echo "FAILED $name is not called in every callback (matrix_functions.c)"
        echo "2 passed, 1 failed, 0 skipped"
        exit 1
    fi
done
echo "ok     every function is called in every callback"
echo "3 passed, 0 failed, 0 skipped"
