#include "power/domain.h"

#include <algorithm>

#include "base/text.h"
#include "power/devices.h"
#include "power/identity.h"

namespace vix::power {
namespace {

constexpr long kDefaultMemoryMb = 256;  // what VMware assumes where memsize is absent
constexpr long kMostProcessors = 255;

std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return text;
}

bool is_windows(const vm::Config& machine) {
    return starts_with_ignoring_case(machine.find("guestOS").value_or(""), "win");
}

void write_identity(DomainWriter& writer) {
    const DomainContext& context = writer.context;
    writer.xml.text("name", name_for(context.vmx))
        .text("uuid", uuid_for(context.vmx))
        .text("title", one_line(writer.machine.display_name()))
        .open("metadata")
        .empty("vix:machine",
               {{"xmlns:vix", kMetadataNamespace}, {"path", encode_path(context.vmx)}})
        .close();
}

void write_processors(DomainWriter& writer) {
    const vm::Config& machine = writer.machine;
    const long count = std::clamp(machine.number("numvcpus", 1), 1L, kMostProcessors);
    long cores = machine.number("cpuid.coresPerSocket", 1);
    if (cores < 1 || count % cores != 0) cores = 1;
    const bool kvm = writer.context.accelerator == Accelerator::Kvm;
    writer.xml.text("vcpu", std::to_string(count))
        .open("cpu", {{"mode", kvm ? "host-passthrough" : "maximum"}});
    writer.xml.empty("topology", {{"sockets", std::to_string(count / cores)},
                                  {"cores", std::to_string(cores)},
                                  {"threads", "1"}});
    // Hosts that are virtual themselves often cannot give it to their guests.
    if (kvm) writer.xml.empty("feature", {{"policy", "disable"}, {"name", "arch-capabilities"}});
    writer.xml.close();
}

// The chip set is the one of VMware's virtual machines: an i440FX is as a 440BX.
void write_firmware(DomainWriter& writer) {
    Xml& xml = writer.xml;
    xml.open("os").text("type", "hvm", {{"arch", "x86_64"}, {"machine", "pc"}});
    if (const auto& firmware = writer.context.firmware) {
        xml.text("loader", firmware->code.string(), {{"readonly", "yes"}, {"type", "pflash"}})
            .open("nvram", {{"type", "network"}})
            .open("source", {{"protocol", "nbd"}, {"name", firmware->vars_export}})
            .empty("host", {{"transport", "unix"}, {"socket", writer.context.socket.string()}})
            .close()
            .close();
    }
    xml.close().open("features").empty("acpi").empty("apic").empty("pae").close();
}

void write_agent(Xml& xml) {
    xml.open("channel", {{"type", "unix"}})
        .empty("target", {{"type", "virtio"}, {"name", "org.qemu.guest_agent.0"}})
        .close();
}

// The guest sees the uuid of its .vmx, whatever libvirt calls the domain; libvirt's own way to say
// that knows no uuid that differs from the domain's.
void write_bios_uuid(DomainWriter& writer) {
    const std::string spaced = writer.machine.find("uuid.bios").value_or("");
    const std::string uuid = standard_uuid(spaced);
    if (uuid.empty()) return;
    writer.xml.open("qemu:commandline")
        .empty("qemu:arg", {{"value", "-smbios"}})
        .empty("qemu:arg", {{"value", "type=1,uuid=" + uuid + ",serial=VMware-" + uuid}})
        .close();
}

// What the .vmx tells its guest: guestinfo.NAME is opt/guestinfo.NAME in QEMU's firmware
// configuration, which Linux shows below /sys/firmware/qemu_fw_cfg/by_name. Values of any kind are
// given to QEMU as arguments, whose length has a limit.
void write_guest_info(DomainWriter& writer) {
    constexpr std::string_view kPrefix = "guestinfo.";
    constexpr std::size_t kNameLimit = 55 - 4;  // without "opt/"
    constexpr std::size_t kValueLimit = 65536;
    std::vector<std::pair<std::string, std::string>> known;
    for (const auto& [key, value] : writer.machine.dictionary().entries()) {
        if (!starts_with_ignoring_case(key, kPrefix) || value.empty()) continue;
        const std::string name = std::string{kPrefix} + key.substr(kPrefix.size());
        const bool fits = name.size() <= kNameLimit && value.size() <= kValueLimit;
        const bool text = is_utf8(value) && std::all_of(value.begin(), value.end(), [](char c) {
            return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
        });
        if (fits && text) {
            known.emplace_back(name, value);
        } else {
            writer.notes.push_back(key + " is not to be seen by the guest: " +
                                   (text ? "it is too long" : "it is not one line of text"));
        }
    }
    if (known.empty()) return;
    writer.xml.open("sysinfo", {{"type", "fwcfg"}});
    for (const auto& [name, value] : known) {
        writer.xml.text("entry", value, {{"name", "opt/" + name}});
    }
    writer.xml.close();
}

void write_devices(const std::vector<Drive>& drives, DomainWriter& writer) {
    writer.xml.open("devices");
    write_drives(drives, writer);
    write_usb(writer);
    write_network(writer);
    write_ports(writer);
    write_agent(writer.xml);
    write_sound(writer);
    write_display(writer);
    writer.xml.empty("memballoon", {{"model", "none"}}).close();
}

}  // namespace

DomainDescription describe_domain(const vm::Config& machine, const std::vector<Drive>& drives,
                                  const DomainContext& context, const vm::Settings& settings) {
    DomainWriter writer{machine, context, settings, {}, {}};
    const bool kvm = context.accelerator == Accelerator::Kvm;
    writer.xml.open("domain", {{"type", kvm ? "kvm" : "qemu"},
                               {"xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0"}});
    write_identity(writer);
    const long memory = std::max(machine.number("memsize", kDefaultMemoryMb), 1L);
    writer.xml.text("memory", std::to_string(memory), {{"unit", "MiB"}});
    write_processors(writer);
    write_firmware(writer);
    writer.xml.empty("clock", {{"offset", is_windows(machine) ? "localtime" : "utc"}})
        .text("on_poweroff", "destroy")
        .text("on_reboot", "restart")
        .text("on_crash", "destroy");
    write_guest_info(writer);
    write_devices(drives, writer);
    for (const std::string& model : context.unconfined) {
        writer.xml.empty("seclabel", {{"type", "none"}, {"model", model}});
    }
    write_bios_uuid(writer);
    note_left_out(writer);
    return {writer.xml.finish(), writer.notes};
}

}  // namespace vix::power
