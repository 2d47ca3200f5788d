// The functions of vix.h as symbols that the library exports; all else is hidden.
#pragma once

#pragma GCC visibility push(default)
#include <vix.h>  // generated, see generate.cpp
#pragma GCC visibility pop
