// There are declarations alone; a C target must have a file to compile.

#include "TesseraObjC.h"
