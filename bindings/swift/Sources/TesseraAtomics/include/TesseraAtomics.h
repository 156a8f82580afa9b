// One number that any thread may read and write at any time. Swift's own atomics need newer systems than this package
// supports.

#ifndef TESSERA_ATOMICS_H
#define TESSERA_ATOMICS_H

#include <stdint.h>

/// Reads the number; what was written before it is seen too.
static inline int32_t tessera_atomic_load(const int32_t *number) {
    return __atomic_load_n(number, __ATOMIC_ACQUIRE);
}

/// Writes the number.
static inline void tessera_atomic_store(int32_t *number, int32_t value) {
    __atomic_store_n(number, value, __ATOMIC_RELEASE);
}

#endif
