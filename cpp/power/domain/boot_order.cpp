#include "power/domain/boot_order.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "power/domain/domain.h"

namespace vix::power {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kBootOrder = "bios.bootOrder";
constexpr const char* kHddOrder = "bios.hddOrder";
constexpr const char* kClasses = "bios.bootDeviceClasses";
constexpr const char* kEfiOrder = "efi.bootOrder";
constexpr const char* kEfiLegacy = "efi.legacyBoot.enabled";
// SeaBIOS 1.16 has memory for 12 SATA or 17 SCSI drives (measured). It picks them in its own order
// and boots from the first disk it knows.
constexpr std::size_t kBiosDrives = 12;

// Device kinds as bios.bootOrder names them. kUsualOrder is the order of VMware's BIOS: removable
// devices, hard drive, CD-ROM, network.
constexpr const char* kDisks = "hdd";
constexpr const char* kCds = "cdrom";
constexpr const char* kFloppyDrives = "floppy";
constexpr const char* kCards = "ethernet";
constexpr const char* kUsualOrder[] = {kFloppyDrives, kDisks, kCds, kCards};

bool contains(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

void add_new(Names& names, const Names& more) {
    for (const std::string& name : more) {
        if (!contains(names, name)) names.push_back(name);
    }
}

// VMware separates the words by commas; hand-written files often use blanks.
Names words_of(const std::string& text) {
    Names words(1);
    for (const char c : to_lower(text)) {
        if (c == ',' || std::isspace(static_cast<unsigned char>(c)) != 0) {
            words.emplace_back();
        } else {
            words.back() += c;
        }
    }
    words.erase(std::remove(words.begin(), words.end(), ""), words.end());
    return words;
}

class BootPlan {
  public:
    BootPlan(const vm::Config& machine, const std::vector<Drive>& drives, Names& notes)
        : machine_{machine}, notes_{notes} {
        for (const Drive& drive : drives) add_drive(drive);
        for (int i = 0; i < kNetworkCards; ++i) {
            const std::string card = "ethernet" + std::to_string(i);
            if (machine.is_true(card + ".present")) devices_[kCards].push_back(card);
        }
    }

    Names order();

  private:
    void add_drive(const Drive& drive);
    [[noreturn]] void refuse(const char* key, const std::string& why) const;
    std::string value_of(const char* key) const { return machine_.find(key).value_or(""); }
    void check_efi() const;
    void put_disks_in_order();
    Names devices_for(const std::string& word);
    const char* kind_for_class(const std::string& word) const;
    Names allowed_kinds();
    void drop_denied(Names& order, const Names& kinds);
    bool is_efi() const { return starts_with_ignoring_case(value_of("firmware"), "efi"); }
    void keep_one_disk_if_many(Names& order);

    const vm::Config& machine_;
    Names& notes_;
    std::map<std::string, Names> devices_;  // by the names of bios.bootOrder
};

// An empty floppy drive is left out, because trying it would only delay the boot.
void BootPlan::add_drive(const Drive& drive) {
    switch (drive.kind) {
        case Drive::Kind::Disk:
            devices_[kDisks].push_back(drive.node);
            break;
        case Drive::Kind::Cd:
            devices_[kCds].push_back(drive.node);
            break;
        case Drive::Kind::Floppy:
            if (drive.connected && drive.medium != Drive::Medium::None) {
                devices_[kFloppyDrives].push_back(drive.node);
            }
            break;
    }
}

void BootPlan::refuse(const char* key, const std::string& why) const {
    throw Error{
        VIX_E_CANNOT_POWER_ON_VM,
        machine_.path().string() + ": line " + std::to_string(machine_.dictionary().line_of(key)) +
            ": " + key + " = \"" + value_of(key) + "\": " + why +
            ". The virtual machine is not started, because it could boot from another disk"};
}

// VMware's EFI follows the keys of its BIOS. The values of efi.bootOrder are not documented ("hdd"
// and "cdrom" are not among them), and OVMF cannot boot the way a BIOS does.
void BootPlan::check_efi() const {
    if (!is_efi()) return;
    if (!words_of(value_of(kEfiOrder)).empty()) {
        refuse(kEfiOrder,
               "this key is not supported; set bios.bootOrder and bios.hddOrder instead, which "
               "also apply to EFI");
    }
    if (machine_.is_true(kEfiLegacy)) {
        refuse(kEfiLegacy,
               "QEMU's EFI cannot boot a system that was installed for a BIOS; set this key to "
               "FALSE, or firmware to \"bios\"");
    }
}

void BootPlan::put_disks_in_order() {
    Names order;
    for (const std::string& word : words_of(value_of(kHddOrder))) {
        if (!vm::disk_node_of(word + ".fileName")) {
            refuse(kHddOrder, '"' + word + "\" is not the node of a disk, such as scsi0:0");
        }
        if (contains(devices_[kDisks], word)) {
            add_new(order, {word});
        } else {
            notes_.push_back(std::string{kHddOrder} + " names " + word +
                             ", which is not a disk of this machine; the next disk is used");
        }
    }
    add_new(order, devices_[kDisks]);
    devices_[kDisks] = order;
}

Names BootPlan::devices_for(const std::string& word) {
    const bool is_kind = word == kDisks || word == kCds || word == kFloppyDrives;
    if (is_kind) return devices_[word];
    if (contains(devices_[kCards], word)) return {word};
    const std::string_view number =
        std::string_view{word}.substr(std::min(word.size(), std::string_view{kCards}.size()));
    if (!word.starts_with(kCards) || !parse_number(number)) {
        refuse(kBootOrder, '"' + word + "\" is none of hdd, cdrom, floppy, ethernet0 and so on");
    }
    notes_.push_back(std::string{kBootOrder} + " names " + word +
                     ", which this machine does not have; the next device is used");
    return {};
}

// Returns "" for a known class of devices that no machine has here.
const char* BootPlan::kind_for_class(const std::string& word) const {
    if (word == "hd") return kDisks;
    if (word == "cd") return kCds;
    if (word == "fd") return kFloppyDrives;
    if (word == "net") return kCards;
    for (const char* other : {"usb", "pcmcia", "reserved", "efishell"}) {
        if (word == other) return "";
    }
    refuse(kClasses, '"' + word + "\" is none of hd, cd, fd, net, usb, all and so on");
}

// Returns the kinds in boot order.
Names BootPlan::allowed_kinds() {
    Names words = words_of(value_of(kClasses));
    Names usual{std::begin(kUsualOrder), std::end(kUsualOrder)};
    if (words.empty()) return usual;
    const auto colon = words.front().find(':');
    const std::string verb = words.front().substr(0, colon);
    if (colon == std::string::npos || (verb != "allow" && verb != "deny")) {
        refuse(kClasses, "the value begins with neither \"allow:\" nor \"deny:\"");
    }
    words.front().erase(0, colon + 1);
    Names named;
    for (const std::string& word : words) {
        if (word.empty()) continue;
        const bool every = word == "all" || word == "any";
        add_new(named, every ? usual : Names{kind_for_class(word)});
    }
    if (verb == "allow") return named;
    usual.erase(std::remove_if(usual.begin(), usual.end(),
                               [&](const std::string& kind) { return contains(named, kind); }),
                usual.end());
    return usual;
}

// An empty result is refused: libvirt boots from the first disk if no device has a boot order.
void BootPlan::drop_denied(Names& order, const Names& kinds) {
    Names allowed;
    for (const std::string& kind : kinds) add_new(allowed, devices_[kind]);
    const bool any = !order.empty();
    order.erase(std::remove_if(order.begin(), order.end(),
                               [&](const std::string& name) { return !contains(allowed, name); }),
                order.end());
    if (any && order.empty()) refuse(kClasses, "it leaves no device to boot from");
}

// With too many drives SeaBIOS may not know the first disk, and would boot another system from the
// next one. With one disk in the order, no system starts instead.
void BootPlan::keep_one_disk_if_many(Names& order) {
    const Names& disks = devices_[kDisks];
    if (is_efi() || disks.size() + devices_[kCds].size() <= kBiosDrives) return;
    const auto is_disk = [&](const std::string& name) { return contains(disks, name); };
    const auto first = std::find_if(order.begin(), order.end(), is_disk);
    if (first == order.end()) return;
    notes_.push_back("QEMU's BIOS finds " + std::to_string(kBiosDrives) +
                     " drives, and this machine has more; if it does not find " + *first +
                     ", no system starts");
    order.erase(std::remove_if(first + 1, order.end(), is_disk), order.end());
}

Names BootPlan::order() {
    check_efi();
    put_disks_in_order();
    const Names kinds = allowed_kinds();
    Names order;
    for (const std::string& word : words_of(value_of(kBootOrder))) {
        add_new(order, devices_for(word));
    }
    for (const std::string& kind : kinds) add_new(order, devices_[kind]);
    for (const char* kind : kUsualOrder) add_new(order, devices_[kind]);
    drop_denied(order, kinds);
    keep_one_disk_if_many(order);
    return order;
}

}  // namespace

std::vector<std::string> boot_devices(const vm::Config& machine, const std::vector<Drive>& drives,
                                      std::vector<std::string>& notes) {
    return BootPlan{machine, drives, notes}.order();
}

}  // namespace vix::power
