#include "api/handles/property_types.h"

namespace vix::api {

int type_of_property(int id) noexcept {
    switch (id) {
#define VIX_CONSTANT(name, number, group)
#define VIX_STRING_CONSTANT(name, text, group)
#define VIX_PROPERTY(name, number, group, type) \
    case name:                                  \
        return VIX_PROPERTYTYPE_##type;
#include "api/constants.def"
#undef VIX_STRING_CONSTANT
#undef VIX_CONSTANT
        default:
            return VIX_PROPERTYTYPE_ANY;
    }
}

// VIX gives each kind of handle its own range of identifiers.
bool has_property(HandleType type, int id) noexcept {
    const auto within = [&](int first, int last) { return first <= id && id <= last; };
    if (type_of_property(id) == VIX_PROPERTYTYPE_ANY) return false;
    switch (type) {
        case HandleType::Host:
            return within(50, 99);
        case HandleType::Vm:
            return (within(100, 299) && id != VIX_PROPERTY_VM_SSL_PEER_SHA1_THUMBPRINT) ||
                   id == VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH;
        case HandleType::Job:
            return within(3000, 3999) || id == VIX_PROPERTY_FOUND_ITEM_LOCATION;
        case HandleType::Snapshot:
            return within(4200, 4299);
        default:
            return false;
    }
}

}  // namespace vix::api
