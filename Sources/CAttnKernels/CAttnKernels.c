// The target is its header; a C target needs a source file.
#include "CAttnKernels.h"
