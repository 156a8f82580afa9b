// The functions are inline; a C target must have a file to compile.

#include "TesseraAtomics.h"
