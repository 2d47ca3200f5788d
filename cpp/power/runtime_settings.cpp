#include "power/runtime_settings.h"

#include "base/error.h"
#include "base/text.h"
#include "format/xml.h"
#include "power/domain/domain_identity.h"

namespace vix::power {
namespace {

constexpr const char* kPrefix = "vix";
constexpr const char* kNamespace = "urn:x-vmware-vix:setting:";
constexpr const char* kValue = "value";
// The limit of a whole description; libvirt's own is 4 MiB.
constexpr std::size_t kDescriptionLimit = std::size_t{2} << 20;

std::string namespace_for(const std::string& name) {
    return kNamespace + encode_text(to_lower(name));
}

}  // namespace

std::optional<std::string> runtime_setting(const Domain& machine, const std::string& name) {
    const auto element = machine.metadata(namespace_for(name));
    return element ? attribute_of(*element, kValue) : std::nullopt;
}

void set_runtime_setting(Domain& machine, const std::string& name, const std::string& value) {
    const std::string element =
        format::XmlWriter{}.empty("setting", {{kValue, encode_text(value)}}).finish();
    const bool fits = value.size() <= kRuntimeValueLimit &&
                      machine.description().size() + element.size() <= kDescriptionLimit;
    if (!fits) {
        throw Error{VIX_E_ARGUMENT_TOO_BIG,
                    "the value of " + name + " has " + std::to_string(value.size()) +
                        " bytes, but a running machine accepts only " +
                        std::to_string(kRuntimeValueLimit) + " for each, and some " +
                        std::to_string(kDescriptionLimit >> 20) + " MiB for all"};
    }
    machine.set_metadata(kPrefix, namespace_for(name), element);
}

}  // namespace vix::power
