#include "power/libvirt/description.h"

#include "base/error.h"
#include "base/text.h"

namespace vix::power {

using format::XmlDocument;

namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;

XmlDocument parse_capabilities(const std::string& xml) {
    return XmlDocument{xml, "libvirt's list of capabilities"};
}

// Parses "+64055:+107".
std::optional<Owner> owner_from(const std::string& label) {
    const auto colon = label.find(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto number = [](std::string_view text) {
        return parse_number(text.starts_with('+') ? text.substr(1) : text);
    };
    const auto user = number(std::string_view{label}.substr(0, colon));
    const auto group = number(std::string_view{label}.substr(colon + 1));
    if (!user || !group) return std::nullopt;
    return Owner{static_cast<uid_t>(*user), static_cast<gid_t>(*group)};
}

}  // namespace

XmlDocument parse_description(const std::string& xml) {
    return XmlDocument{xml, "libvirt's description of the machine"};
}

std::string described_uuid(const XmlDocument& description) {
    const auto found = description.find("/domain/uuid");
    return found.empty() ? std::string{} : found.front().text();
}

std::uint64_t described_memory(const XmlDocument& description) {
    const auto found = description.find("/domain/memory");
    if (found.empty()) return 0;
    const auto number = parse_number(found.front().text()).value_or(0);
    const std::string unit = found.front().attribute("unit").value_or("KiB");
    return unit == "MiB" ? number * kMiB : unit == "KiB" ? number * kKiB : 0;
}

bool agent_is_connected(const XmlDocument& description) {
    constexpr const char* kConnected =
        "//channel/target[@name='org.qemu.guest_agent.0'][@state='connected']";
    return !description.find(kConnected).empty();
}

std::string memory_snapshot(const std::string& file, const XmlDocument& description) {
    if (format::xml_text(file) != file) {
        throw Error{VIX_E_SNAPSHOT_CHECKPOINT,
                    "the memory cannot be saved to " + file +
                        ", because libvirt accepts only UTF-8 without control characters"};
    }
    format::XmlWriter writer;
    writer.open("domainsnapshot")
        .empty("memory", {{"snapshot", "external"}, {"file", file}})
        .open("disks");
    for (const auto& target : description.find("//disk/target[@dev]")) {
        writer.empty("disk", {{"name", *target.attribute("dev")}, {"snapshot", "no"}});
    }
    return writer.finish();
}

std::optional<Owner> qemu_owner(const std::string& capabilities, uid_t user) {
    const auto document = parse_capabilities(capabilities);
    for (const auto& label : document.find("//secmodel[model='dac']/baselabel[1]")) {
        const auto owner = owner_from(label.text());
        if (owner && owner->user != user) return owner;
    }
    return std::nullopt;
}

std::vector<std::string> security_drivers(const std::string& capabilities) {
    const auto document = parse_capabilities(capabilities);
    std::vector<std::string> found;
    for (const auto& model : document.find("//secmodel/model[. != 'dac'][. != 'none']")) {
        found.push_back(model.text());
    }
    return found;
}

}  // namespace vix::power
