/* The same program as C++17. */

#include "app.c"
