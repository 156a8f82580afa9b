// Tessera for C++: the login and session part of V2TIM under its own names, over the C library. Header-only, C++17.
//
//     #include <tessera/v2tim.hpp>
//
// is what replaces the vendor's headers. What V2TIM does not have is in the namespace `tessera`. docs/c.md has the
// conventions, which are those of the C library: threads, lifetime, re-entrancy.

#ifndef TESSERA_V2TIM_HPP
#define TESSERA_V2TIM_HPP

#include "v2tim/callback.hpp"
#include "v2tim/common.hpp"
#include "v2tim/listener.hpp"
#include "v2tim/manager.hpp"
#include "v2tim/string.hpp"
#include "v2tim/tables.hpp"
#include "v2tim/tessera.hpp"

#endif
