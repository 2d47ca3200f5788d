// Arguments without types: from a list of properties and pointers in C to the values of the core,
// and back.
#pragma once

#include <cstdarg>
#include <vector>

#include "api/simple.h"
#include "capi/exports.h"

namespace vix::capi {

// Where the value of a property is to go. The types are VIX_PROPERTYTYPE_*, from the identifier
// alone: nothing else says how many pointers there are.
struct Cell {
    int id;
    int type;
    void* place;         // may be NULL
    void* second_place;  // a blob's bytes; `place` is then for its size
};
using Cells = std::vector<Cell>;

// Reads the pairs behind `first`, up to VIX_PROPERTY_NONE. For an identifier that is no property
// one pointer is taken.
Cells read_cells(int first, va_list list);

// The identifiers of the cells.
std::vector<int> ids_of(const Cells& cells);

enum class Owned { Yes, No };

// Writes a value as its type wants it, and nothing (0, NULL) for one that is missing. Texts and
// bytes are copies from malloc. `handles`: whether a handle among the values comes with a reference
// for the caller; one that nobody takes is released. VIX_E_OUT_OF_MEMORY: not all were written.
VixError write_cells(const Cells& cells, const std::vector<api::PropertyValue>& values,
                     Owned handles);

// Properties and values for a list, up to VIX_PROPERTY_NONE or the first identifier that is no
// property, which is the last one then. The texts stay the caller's.
std::vector<api::PropertyInput> read_inputs(int first, va_list list);

}  // namespace vix::capi
