#include "power/domain/connected_devices.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "format/xml.h"
#include "power/domain/drives.h"
#include "power/libvirt/description.h"

namespace vix::power {

using format::XmlDocument;
using format::XmlElement;

namespace {

// libvirt accepts names of others only with this prefix, and without a colon.
constexpr const char* kAliasPrefix = "ua-";
constexpr const char* kUnwiredPrefix = "ua-none-";

std::optional<XmlElement> find_aliased(const XmlDocument& description, const std::string& path,
                                       const std::string& alias) {
    for (const XmlElement& element : description.find(path)) {
        for (const XmlElement& named : element.children("alias")) {
            if (named.attribute("name") == alias) return element;
        }
    }
    return std::nullopt;
}

XmlElement child_of(XmlElement& element, const std::string& name) {
    const auto found = element.children(name);
    return found.empty() ? element.add(name) : found.front();
}

void remove_children(XmlElement& element, const std::string& name) {
    for (XmlElement& child : element.children(name)) child.remove();
}

// One plugging of one device.
class Plugging {
  public:
    Plugging(const std::string& description, const vm::Config& machine, const std::string& device,
             Plug plug, const DomainContext& context)
        : description_{parse_description(description)},
          machine_{machine},
          device_{to_lower(device)},
          plug_{plug},
          context_{context} {}

    std::vector<std::string> changed();

  private:
    std::vector<std::string> changed_card();
    std::vector<std::string> changed_drive();
    void give_medium(XmlElement& drive) const;
    void give_image(XmlElement& drive) const;
    void give_host_drive(XmlElement& drive, const boost::filesystem::path& host_drive) const;
    std::optional<Drive> drive_of_machine() const;
    [[noreturn]] void refuse_missing() const;
    [[noreturn]] void refuse(const std::string& why) const;

    XmlDocument description_;
    const vm::Config& machine_;
    std::string device_;
    Plug plug_;
    const DomainContext& context_;
};

void Plugging::refuse_missing() const {
    throw Error{VIX_E_OBJECT_NOT_FOUND,
                machine_.path().string() + " runs without a device " + device_ +
                    ". Devices are named as in the .vmx: ethernet0, ide1:0, sata0:1, floppy0. One "
                    "that was added since the start is there after the next start"};
}

void Plugging::refuse(const std::string& why) const {
    throw Error{VIX_E_NOT_SUPPORTED, machine_.path().string() + ": " + device_ + ' ' + why};
}

std::vector<std::string> Plugging::changed_card() {
    constexpr const char* kInterfaces = "/domain/devices/interface";
    auto card = find_aliased(description_, kInterfaces, card_alias(device_, Wired::Yes));
    if (!card) {
        if (!find_aliased(description_, kInterfaces, card_alias(device_, Wired::No)))
            refuse_missing();
        if (plug_ == Plug::Out) return {};
        refuse(
            "has no network, so it cannot be connected. Set power.networkHostonly, or the "
            "setting power.network... of its network, and start the machine again");
    }
    const char* state = plug_ == Plug::In ? "up" : "down";
    XmlElement link = child_of(*card, "link");
    if (link.attribute("state").value_or("up") == state) return {};
    link.set_attribute("state", state);
    return {card->to_text()};
}

std::optional<Drive> Plugging::drive_of_machine() const {
    std::vector<std::string> ignored;
    const std::vector<Drive> drives = drives_of(machine_, ignored);
    const auto found = std::find_if(drives.begin(), drives.end(),
                                    [&](const Drive& drive) { return drive.node == device_; });
    return found == drives.end() ? std::nullopt : std::optional{*found};
}

void Plugging::give_image(XmlElement& drive) const {
    drive.set_attribute("type", "network");
    XmlElement driver = child_of(drive, "driver");
    driver.set_attribute("name", "qemu");
    driver.set_attribute("type", "raw");
    XmlElement source = drive.add("source");
    source.set_attribute("protocol", "nbd");
    source.set_attribute("name", device_);
    XmlElement host = source.add("host");
    host.set_attribute("transport", "unix");
    host.set_attribute("socket", context_.socket.string());
}

void Plugging::give_host_drive(XmlElement& drive, const boost::filesystem::path& host_drive) const {
    if (host_drive.empty()) {
        refuse("is a drive of the host, which has none that this user may read");
    }
    drive.set_attribute("type", "block");
    drive.add("source").set_attribute("dev", host_drive.string());
}

void Plugging::give_medium(XmlElement& drive) const {
    const auto known = drive_of_machine();
    if (known) {
        switch (known->medium) {
            case Drive::Medium::Image:
                return give_image(drive);
            case Drive::Medium::HostDevice:
                return give_host_drive(drive, known->kind == Drive::Kind::Cd
                                                  ? context_.host_cd
                                                  : context_.host_floppy);
            case Drive::Medium::None:
                break;
        }
    }
    refuse("has no medium to connect: set its fileName in the .vmx, and start the machine again");
}

// libvirt describes a drive without a medium as one of a file, without its name. If the guest has
// opened the drive, libvirt does not close it for the medium that it has, so that leaves it before.
std::vector<std::string> Plugging::changed_drive() {
    auto drive = find_aliased(description_, "/domain/devices/disk", drive_alias(device_));
    if (!drive) refuse_missing();
    if (drive->attribute("device").value_or("disk") == "disk") {
        refuse(
            "is a disk. Only network cards, CD drives and floppy drives can be connected and "
            "disconnected while a machine runs");
    }
    const bool has_medium = drive->attribute("type").value_or("file") != "file";
    const bool is_open = child_of(*drive, "target").attribute("tray") == "open";
    if (plug_ == Plug::In && has_medium && !is_open) return {};
    if (plug_ == Plug::Out && !has_medium) return {};
    std::vector<std::string> changes;
    remove_children(*drive, "source");
    remove_children(*drive, "backingStore");
    drive->set_attribute("type", "file");
    if (has_medium) changes.push_back(drive->to_text());
    if (plug_ == Plug::In) {
        give_medium(*drive);
        changes.push_back(drive->to_text());
    }
    return changes;
}

std::vector<std::string> Plugging::changed() {
    if (device_.starts_with("ethernet")) return changed_card();
    if (device_.starts_with("floppy") || device_.find(':') != std::string::npos) {
        return changed_drive();
    }
    if (!machine_.is_true(device_ + ".present")) refuse_missing();
    refuse(
        "always stays connected. Only network cards, CD drives and floppy drives can be "
        "connected and disconnected while a machine runs");
}

}  // namespace

std::string drive_alias(const std::string& node) {
    std::string alias = kAliasPrefix + node;
    std::replace(alias.begin(), alias.end(), ':', '-');
    return alias;
}

std::string card_alias(const std::string& card, Wired wired) {
    return (wired == Wired::Yes ? kAliasPrefix : kUnwiredPrefix) + card;
}

std::vector<std::string> plugged_device(const std::string& description, const vm::Config& machine,
                                        const std::string& device, Plug plug,
                                        const DomainContext& context) {
    return Plugging{description, machine, device, plug, context}.changed();
}

}  // namespace vix::power
