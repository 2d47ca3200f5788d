// The types of VIX's properties, from its reference and header.
#pragma once

#include "api/constants.h"
#include "api/handles/object.h"

namespace vix::api {

// VIX_PROPERTYTYPE_*; VIX_PROPERTYTYPE_ANY if there is no such property.
int type_of_property(int id) noexcept;

// Whether handles of this kind can have the property. A property list has what was put into it.
bool has_property(HandleType type, int id) noexcept;

}  // namespace vix::api
