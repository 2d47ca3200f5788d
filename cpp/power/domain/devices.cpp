#include "power/domain/devices.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "power/domain/domain_identity.h"

namespace fs = boost::filesystem;

namespace vix::power {

using format::XmlWriter;

namespace {

constexpr int kSerialPorts = 4;
constexpr int kParallelPorts = 3;
constexpr long kVncPort = 5900;
constexpr std::uint64_t kLastVmnet = 255;
constexpr int kBridgedVmnet = 0;
constexpr int kHostonlyVmnet = 1;
constexpr int kNatVmnet = 8;

std::string value_of(const vm::Config& machine, const std::string& key) {
    return to_lower(machine.find(key).value_or(""));
}

bool starts_disconnected(const vm::Config& machine, const std::string& device) {
    return value_of(machine, device + ".startConnected") == "false";
}

// QEMU's name for the model of a card. VMware's default depends on the guest.
std::string card_model(DomainWriter& writer, const std::string& card) {
    std::string model = value_of(writer.machine, card + ".virtualDev");
    if (model == "e1000" || model == "e1000e" || model == "vmxnet3") return model;
    if (model == "vlance") return "pcnet";
    const std::string guest = value_of(writer.machine, "guestOS");
    if (model.empty()) return guest.find("64") == std::string::npos ? "pcnet" : "e1000";
    if (model != "vmxnet" && model != "flexible") {
        writer.notes.push_back(card + ": the card \"" + model + "\" is replaced by an e1000");
        return "e1000";
    }
    return "pcnet";  // such a card acts as a pcnet until VMware's driver is loaded
}

bool is_usable_mac(const std::string& mac) {
    if (mac.size() != 17) return false;
    for (std::size_t i = 0; i < mac.size(); ++i) {
        const auto c = static_cast<unsigned char>(mac[i]);
        if (i % 3 == 2 ? c != ':' : std::isxdigit(c) == 0) return false;
    }
    return (*parse_hex32(mac.substr(0, 2)) & 1U) == 0;  // the bit marks a multicast address
}

std::string mac_of(DomainWriter& writer, const std::string& card) {
    const bool fixed = value_of(writer.machine, card + ".addressType") == "static";
    std::string mac = value_of(writer.machine, card + (fixed ? ".address" : ".generatedAddress"));
    if (mac.empty() || is_usable_mac(mac)) return mac;
    writer.notes.push_back(card + ": \"" + mac +
                           "\" is not a usable MAC address; the card gets another");
    return {};
}

// The number of a custom network: "VMnet2", "/dev/vmnet2".
std::optional<int> vmnet_of(DomainWriter& writer, const std::string& card) {
    constexpr std::string_view kVmnet = "vmnet";
    const std::string name = value_of(writer.machine, card + ".vnet");
    const auto at = name.rfind(kVmnet);
    if (at == std::string::npos) return std::nullopt;
    const auto number = parse_number(std::string_view{name}.substr(at + kVmnet.size()));
    if (!number || *number > kLastVmnet) return std::nullopt;
    return static_cast<int>(*number);
}

// Without a setting, VMware's networks 0, 1 and 8 are of their usual kinds.
const std::string* custom_network(DomainWriter& writer, const std::string& card) {
    const auto number = vmnet_of(writer, card);
    if (!number) return nullptr;
    const auto set = writer.context.vmnets.find(*number);
    if (set != writer.context.vmnets.end()) return &set->second;
    if (*number == kBridgedVmnet) return &writer.context.network_bridged;
    if (*number == kNatVmnet) return &writer.context.network_nat;
    return *number == kHostonlyVmnet ? &writer.context.network_hostonly : nullptr;
}

const std::string& network_of(DomainWriter& writer, const std::string& card) {
    const std::string type = value_of(writer.machine, card + ".connectionType");
    if (type == "nat") return writer.context.network_nat;
    if (type.empty() || type == "bridged") return writer.context.network_bridged;
    if (type == "custom") {
        if (const std::string* network = custom_network(writer, card)) return *network;
    }
    if (type != "hostonly") {
        writer.notes.push_back(card + ": the network type \"" + type +
                               "\" is unknown and treated as host-only");
    }
    return writer.context.network_hostonly;
}

void write_card(DomainWriter& writer, const std::string& card) {
    const std::string& network = network_of(writer, card);
    const std::string name = network.substr(network.find(':') + 1);
    const bool linked = network != "none";
    if (!linked)
        writer.notes.push_back(card + " has no link, because no network is set for its kind");
    XmlWriter& xml = writer.xml;
    if (starts_with_ignoring_case(network, "bridge:")) {
        xml.open("interface", {{"type", "bridge"}}).empty("source", {{"bridge", name}});
    } else if (starts_with_ignoring_case(network, "network:")) {
        xml.open("interface", {{"type", "network"}}).empty("source", {{"network", name}});
    } else {
        xml.open("interface", {{"type", "user"}});
    }
    const std::string mac = mac_of(writer, card);
    if (!mac.empty()) xml.empty("mac", {{"address", mac}});
    xml.empty("model", {{"type", card_model(writer, card)}});
    if (!linked || starts_disconnected(writer.machine, card))
        xml.empty("link", {{"state", "down"}});
    xml.empty("alias", {{"name", card_alias(card, linked ? Wired::Yes : Wired::No)}});
    write_boot_order(card, writer);
    xml.close();
}

// The file of a port. Nothing without a name, or for a Windows path that no setting maps.
std::optional<std::string> port_file(const vm::Machine& machine, const fs::path& vmx,
                                     const std::string& port) {
    const std::string name = machine.find(port + ".fileName").value_or("");
    try {
        if (name.empty()) return std::nullopt;
        const fs::path path = machine.settings().path_map.resolve(name);
        return (path.is_absolute() ? path : vmx.parent_path() / path).string();
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::optional<std::string> port_file(const DomainWriter& writer, const std::string& port) {
    return port_file(writer.machine, writer.context.vmx, port);
}

bool is_dead(const DomainWriter& writer, const std::string& port) {
    return writer.context.dead_ports.contains(port);
}

void write_serial(DomainWriter& writer, const std::string& port, int number) {
    const std::string type = value_of(writer.machine, port + ".fileType");
    const auto file = port_file(writer, port);
    XmlWriter& xml = writer.xml;
    if (is_dead(writer, port)) {
        xml.open("serial", {{"type", "null"}});
    } else if (type == "file" && file) {
        xml.open("serial", {{"type", "file"}}).empty("source", {{"path", *file}, {"append", "on"}});
    } else if (type == "pipe" && file) {
        const bool client = value_of(writer.machine, port + ".pipe.endPoint") == "client";
        xml.open("serial", {{"type", "unix"}})
            .empty("source", {{"mode", client ? "connect" : "bind"}, {"path", *file}});
    } else if ((type.empty() || type == "device") && file && (*file).starts_with("/dev/")) {
        xml.open("serial", {{"type", "dev"}}).empty("source", {{"path", *file}});
    } else {
        writer.notes.push_back(port + " is left out, because ports of the type \"" + type +
                               "\" are not supported");
        return;
    }
    xml.empty("target", {{"port", std::to_string(number)}}).close();
}

void write_parallel(DomainWriter& writer, const std::string& port, int number) {
    const auto file = port_file(writer, port);
    if (value_of(writer.machine, port + ".fileType") != "file" || !file) {
        writer.notes.push_back(port +
                               " is left out, because only parallel ports to files are supported");
        return;
    }
    XmlWriter& xml = writer.xml;
    if (is_dead(writer, port)) {
        xml.open("parallel", {{"type", "null"}});
    } else {
        xml.open("parallel", {{"type", "file"}})
            .empty("source", {{"path", *file}, {"append", "on"}});
    }
    xml.empty("target", {{"port", std::to_string(number)}}).close();
}

// RemoteDisplay.vnc.key holds the password in a form that only VMware reads. Without its password
// such a display must not be open to other hosts, so it listens on this host only.
std::string vnc_address(DomainWriter& writer, const std::string& password) {
    std::string address = writer.machine.find("RemoteDisplay.vnc.ip").value_or("0.0.0.0");
    const bool locked = writer.machine.find("RemoteDisplay.vnc.key").has_value();
    if (!locked || !password.empty()) return address;
    writer.notes.emplace_back(
        "RemoteDisplay.vnc.key cannot be read, so the display listens on this host only");
    return "127.0.0.1";
}

}  // namespace

void write_boot_order(const std::string& name, DomainWriter& writer) {
    const auto found = std::find(writer.boot.begin(), writer.boot.end(), name);
    if (found == writer.boot.end()) return;
    const auto order = std::to_string(found - writer.boot.begin() + 1);
    writer.xml.empty("boot", {{"order", order}});
}

void write_network(DomainWriter& writer) {
    for (int i = 0; i < kNetworkCards; ++i) {
        const std::string card = "ethernet" + std::to_string(i);
        if (writer.machine.is_true(card + ".present")) write_card(writer, card);
    }
}

std::map<std::string, std::string> port_backends(const vm::Machine& machine, const fs::path& vmx) {
    constexpr std::pair<const char*, int> kKinds[] = {{"serial", kSerialPorts},
                                                      {"parallel", kParallelPorts}};
    std::map<std::string, std::string> found;
    for (const auto& [kind, count] : kKinds) {
        for (int i = 0; i < count; ++i) {
            const std::string port = kind + std::to_string(i);
            const auto file = port_file(machine, vmx, port);
            if (file && machine.is_true(port + ".present")) found[port] = *file;
        }
    }
    return found;
}

void write_ports(DomainWriter& writer) {
    for (int i = 0; i < kSerialPorts; ++i) {
        const std::string port = "serial" + std::to_string(i);
        if (writer.machine.is_true(port + ".present")) write_serial(writer, port, i);
    }
    for (int i = 0; i < kParallelPorts; ++i) {
        const std::string port = "parallel" + std::to_string(i);
        if (writer.machine.is_true(port + ".present")) write_parallel(writer, port, i);
    }
}

void write_sound(DomainWriter& writer) {
    if (!writer.machine.is_true("sound.present")) return;
    const std::string model = value_of(writer.machine, "sound.virtualDev");
    const char* known = model == "hdaudio" ? "ich6" : model == "sb16" ? "sb16" : "es1370";
    writer.xml.empty("sound", {{"model", known}});
}

void write_usb(DomainWriter& writer) {
    int index = 0;
    const auto add = [&](const char* model) {
        writer.xml.empty("controller",
                         {{"type", "usb"}, {"index", std::to_string(index++)}, {"model", model}});
    };
    if (writer.machine.is_true("usb.present")) add("piix3-uhci");
    if (writer.machine.is_true("ehci.present")) add("ehci");
    if (writer.machine.is_true("usb_xhci.present")) add("qemu-xhci");
    if (index == 0) add("none");
}

// Every machine has a display that is reached through libvirt's socket. Only
// RemoteDisplay.vnc.enabled opens a network port.
void write_display(DomainWriter& writer) {
    XmlWriter& xml = writer.xml;
    if (writer.machine.is_true("RemoteDisplay.vnc.enabled")) {
        const std::string password = writer.machine.find("RemoteDisplay.vnc.password").value_or("");
        const std::string address = vnc_address(writer, password);
        XmlWriter::Attributes attributes{
            {"type", "vnc"},
            {"port", std::to_string(writer.context.vnc_port.value_or(
                         writer.machine.number("RemoteDisplay.vnc.port", kVncPort)))},
            {"autoport", "no"}};
        if (!password.empty()) attributes.emplace_back("passwd", password);
        xml.open("graphics", attributes)
            .empty("listen", {{"type", "address"}, {"address", address}})
            .close();
    } else {
        xml.open("graphics", {{"type", "vnc"}}).empty("listen", {{"type", "socket"}}).close();
    }
    xml.open("video").empty("model", {{"type", "vga"}}).close();
}

namespace {

// True for a device whose number is above the last one that QEMU has, such as "serial4".
bool is_beyond_the_last(const std::string& device) {
    constexpr std::pair<std::string_view, int> kCounts[] = {{"ethernet", kNetworkCards},
                                                            {"serial", kSerialPorts},
                                                            {"parallel", kParallelPorts},
                                                            {"floppy", kFloppies}};
    for (const auto& [kind, count] : kCounts) {
        if (!starts_with_ignoring_case(device, kind)) continue;
        const auto number = parse_number(std::string_view{device}.substr(kind.size()));
        if (number) return *number >= static_cast<std::uint64_t>(count);
    }
    return false;
}

}  // namespace

// Reports devices of the .vmx that QEMU cannot replace.
void note_left_out(DomainWriter& writer) {
    constexpr std::string_view kLeftOut[] = {"sharedfolder", "vtpm", "pcipassthru", "vmci",
                                             "usb_xhci:",    "usb:", "ehci:",       "dvfilter",
                                             "hpet",         "vwdt", "sgx",         "pvpanic"};
    for (const auto& [key, value] : writer.machine.dictionary().entries()) {
        constexpr std::string_view kSuffix = ".present";
        const std::string name = to_lower(key);
        if (!name.ends_with(kSuffix) || !equal_ignoring_case(value, "TRUE")) continue;
        const bool known =
            std::any_of(std::begin(kLeftOut), std::end(kLeftOut),
                        [&](std::string_view part) { return name.starts_with(part); });
        if (writer.context.tpm && name.starts_with("vtpm")) continue;
        const std::string device = key.substr(0, key.size() - kSuffix.size());
        if (known || is_beyond_the_last(device)) {
            writer.notes.push_back(device + " is left out, because QEMU has no such device");
        }
    }
}

}  // namespace vix::power
