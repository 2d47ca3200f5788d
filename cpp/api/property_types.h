// Which type the values of a property have: facts of VIX, from its reference and header.
#pragma once

#include "api/constants.h"
#include "api/object.h"

namespace vix::api {

// VIX_PROPERTYTYPE_*; VIX_PROPERTYTYPE_ANY for what is no property.
int type_of_property(int id) noexcept;

// Whether handles of this kind can have the property. Property lists have those that were put in.
bool has_property(HandleType type, int id) noexcept;

}  // namespace vix::api
