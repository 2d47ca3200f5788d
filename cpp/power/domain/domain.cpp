#include "power/domain/domain.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "power/domain/boot_order.h"
#include "power/domain/devices.h"
#include "power/domain/domain_identity.h"
#include "power/domain/qemu_option.h"

namespace vix::power {

using format::XmlWriter;

namespace {

constexpr long kDefaultMemoryMb = 256;  // VMware's default if memsize is absent
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
    // Hosts that are virtual machines themselves often cannot pass this feature to their guests.
    if (kvm) writer.xml.empty("feature", {{"policy", "disable"}, {"name", "arch-capabilities"}});
    writer.xml.close();
}

// The chip set is the relative of VMware's: QEMU's i440FX for VMware's 440BX. It has no mode in
// which the firmware alone can write its variables (SMM), which secure boot needs; the Q35 has.
void write_firmware(DomainWriter& writer) {
    XmlWriter& xml = writer.xml;
    const bool secure = boots_securely(writer.context);
    xml.open("os").text("type", "hvm", {{"arch", "x86_64"}, {"machine", secure ? "q35" : "pc"}});
    if (const auto& firmware = writer.context.firmware) {
        XmlWriter::Attributes attributes{{"readonly", "yes"}, {"type", "pflash"}};
        if (secure) attributes.emplace_back("secure", "yes");
        xml.text("loader", firmware->code.string(), attributes)
            .open("nvram", {{"type", "network"}})
            .open("source", {{"protocol", "nbd"}, {"name", firmware->vars_export}})
            .empty("host", {{"transport", "unix"}, {"socket", writer.context.socket.string()}})
            .close()
            .close();
    }
    xml.close().open("features").empty("acpi").empty("apic").empty("pae");
    if (secure) xml.empty("smm", {{"state", "on"}});
    xml.close();
}

// libvirt keeps the TPM's state by the domain's uuid, also while the domain does not exist.
void write_tpm(DomainWriter& writer) {
    if (!writer.context.tpm) return;
    writer.xml.open("tpm", {{"model", "tpm-crb"}})
        .empty("backend", {{"type", "emulator"}, {"version", "2.0"}, {"persistent_state", "yes"}})
        .close();
    writer.notes.emplace_back(
        "vtpm: the guest has a TPM of its own with none of the secrets of VMware's, so BitLocker "
        "asks for its recovery key");
}

void write_agent(XmlWriter& xml) {
    xml.open("channel", {{"type", "unix"}})
        .empty("target", {{"type", "virtio"}, {"name", "org.qemu.guest_agent.0"}})
        .close();
}

// The guest must see the uuid of its .vmx, whatever libvirt calls the domain. libvirt's own element
// for this allows only the domain's uuid, so QEMU gets the argument directly.
std::vector<std::string> bios_uuid(const vm::Config& machine) {
    const std::string uuid = standard_uuid(machine.find("uuid.bios").value_or(""));
    if (uuid.empty()) return {};
    return {"-smbios", "type=1,uuid=" + uuid + ",serial=VMware-" + uuid};
}

// Passes guestinfo.NAME to the guest as opt/guestinfo.NAME of QEMU's firmware configuration, which
// Linux shows below /sys/firmware/qemu_fw_cfg/by_name. libvirt's own element for this splits a
// value at its first comma, so QEMU gets the arguments directly.
std::vector<std::string> guest_info(DomainWriter& writer) {
    constexpr std::string_view kPrefix = "guestinfo.";
    constexpr std::size_t kNameLimit = 55 - 4;  // QEMU's, without "opt/"
    constexpr std::size_t kValueLimit = 65536;  // Linux allows twice as much in an argument
    std::vector<std::string> arguments;
    std::set<std::string> names;  // QEMU does not start if a name occurs twice
    for (const auto& [key, value] : writer.machine.dictionary().entries()) {
        if (!starts_with_ignoring_case(key, kPrefix) || value.empty()) continue;
        if (!names.insert(key.substr(kPrefix.size())).second) continue;
        const bool short_enough = key.size() <= kNameLimit && value.size() <= kValueLimit;
        if (short_enough && value == one_line(value) && is_utf8(value)) {
            const std::string name =
                "name=opt/guestinfo." + qemu_option(key.substr(kPrefix.size()));
            arguments.insert(arguments.end(), {"-fw_cfg", name + ",string=" + qemu_option(value)});
        } else {
            writer.notes.push_back(key + " is not passed to the guest, because it is " +
                                   (short_enough ? "not a single line of text" : "too long"));
        }
    }
    return arguments;
}

void write_arguments(DomainWriter& writer) {
    auto arguments = bios_uuid(writer.machine);
    for (auto& argument : guest_info(writer)) arguments.push_back(std::move(argument));
    const std::string& run_id = writer.context.run_id;
    if (!run_id.empty()) {
        arguments.insert(arguments.end(), {"-fw_cfg", "name=opt/vmware-vix.run,string=" + run_id});
    }
    if (arguments.empty()) return;
    writer.xml.open("qemu:commandline");
    for (const auto& argument : arguments) writer.xml.empty("qemu:arg", {{"value", argument}});
    writer.xml.close();
}

void write_devices(const std::vector<Drive>& drives, DomainWriter& writer) {
    writer.xml.open("devices");
    write_drives(drives, writer);
    write_usb(writer);
    write_network(writer);
    write_ports(writer);
    write_agent(writer.xml);
    write_tpm(writer);
    write_sound(writer);
    write_display(writer);
    writer.xml.empty("memballoon", {{"model", "none"}}).close();
}

// A drive that maps to a host's drive is empty if the host has none.
std::vector<Drive> with_media(std::vector<Drive> drives, const DomainContext& context) {
    for (Drive& drive : drives) {
        const bool cd = drive.kind == Drive::Kind::Cd;
        const bool none = (cd ? context.host_cd : context.host_floppy).empty();
        if (drive.medium == Drive::Medium::HostDevice && none) drive.medium = Drive::Medium::None;
    }
    return drives;
}

// guestOS of an ARM guest is "arm-ubuntu-64", "arm-windows11-64" and the like.
// guestInfo.detailed.data is what VMware Tools in the guest last reported.
bool is_arm(const vm::Config& machine) {
    const std::string guest = to_lower(machine.find("guestOS").value_or(""));
    const std::string reported = to_lower(machine.find("guestInfo.detailed.data").value_or(""));
    return guest.starts_with("arm") || reported.find("architecture='arm'") != std::string::npos;
}

}  // namespace

bool has_tpm(const vm::Config& machine) {
    return machine.is_true("vtpm.present") ||
           equal_ignoring_case(machine.find("managedVM.autoAddVTPM").value_or(""), "software");
}

void check_startable(const vm::Config& machine) {
    if (is_arm(machine)) {
        throw Error{VIX_E_CANNOT_POWER_ON_VM,
                    machine.path().string() + " cannot be started: its guest (guestOS = \"" +
                        machine.find("guestOS").value_or("") +
                        "\") is for ARM processors, and this library runs x86 only. VMware Fusion "
                        "on Apple silicon can start it"};
    }
    std::vector<std::string> ignored;
    boot_devices(machine, drives_of(machine, ignored), ignored);
}

DomainDescription describe_domain(const vm::Machine& machine, const std::vector<Drive>& drives,
                                  const DomainContext& context) {
    DomainWriter writer{machine, context, {}, {}, {}};
    writer.boot = boot_devices(machine, with_media(drives, context), writer.notes);
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
    write_devices(drives, writer);
    for (const std::string& model : context.unconfined) {
        writer.xml.empty("seclabel", {{"type", "none"}, {"model", model}});
    }
    write_arguments(writer);
    note_left_out(writer);
    return {writer.xml.finish(), writer.notes};
}

}  // namespace vix::power
