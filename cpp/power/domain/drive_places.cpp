#include "power/domain/drive_places.h"

#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "power/domain/domain_identity.h"

namespace vix::power {
namespace {

// Units that QEMU 7.2 accepts, its BIOS finds and a guest boots from, measured with each adapter:
// - LSI 53C895A: targets 0 to 6, the adapter is 7
// - LSI SAS1068: 8 ports; the BIOS finds 0 to 6
// - PVSCSI: targets 0 to 64; the BIOS finds 0 to 63
// - AHCI: 6 ports
constexpr int kLsiTargets = 7;
constexpr int kPvscsiTargets = 64;
constexpr int kSataPorts = 6;

// libvirt's names for the closest relatives of VMware's SCSI adapters. QEMU has no LSI 53C1030
// ("lsilogic"). The SAS1068 is of the same family, and most systems have one driver for both. A
// BusLogic is replaced by the 53C895A, which is of the same age.
const char* model_for(ScsiAdapter adapter) {
    switch (adapter) {
        case ScsiAdapter::Pvscsi:
            return "vmpvscsi";
        case ScsiAdapter::BusLogic:
            return "lsilogic";
        default:
            return "lsisas1068";
    }
}

// A world wide name of the form NAA 5 from VMware's range. It ends with the last digits of
// uuid.bios, which differs between machines, then the controller and the unit.
std::string wwn_for(const vm::Config& machine, const Drive& drive) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr std::size_t kTailDigits = 7;
    const std::string uuid = standard_uuid(machine.find("uuid.bios").value_or(""));
    std::string name = "5000c29";
    name += uuid.empty() ? std::string(kTailDigits, '0') : uuid.substr(uuid.size() - kTailDigits);
    name += kDigits[static_cast<unsigned>(drive.controller) & 0xFU];
    name += kDigits[static_cast<unsigned>(drive.unit) & 0xFU];
    return name;
}

class Placing {
  public:
    Placing(const vm::Config& machine, Chipset chipset) : machine_{machine}, chipset_{chipset} {}

    void place(const Drive& drive);
    DrivePlaces take() { return std::move(placed_); }

  private:
    Place scsi_place(const Drive& drive);
    Place sata_place(const Drive& drive);
    int controller_for(const Drive& drive, int part, const Controller& controller);
    void note_replacement(const Drive& drive, ScsiAdapter adapter);

    Place ide_place(const Drive& drive);

    const vm::Config& machine_;
    Chipset chipset_;
    DrivePlaces placed_;
    std::map<std::string, int> counts_;               // controllers of each type
    std::map<std::tuple<Bus, int, int>, int> known_;  // index of each part of a VMware controller
    std::set<int> noted_;
};

int Placing::controller_for(const Drive& drive, int part, const Controller& controller) {
    const auto [at, added] = known_.try_emplace({drive.bus, drive.controller, part}, 0);
    if (added) {
        at->second = counts_[controller.type]++;
        placed_.controllers.push_back(controller);
    }
    return at->second;
}

void Placing::note_replacement(const Drive& drive, ScsiAdapter adapter) {
    const std::string name = "scsi" + std::to_string(drive.controller);
    if (adapter == ScsiAdapter::LsiLogic) {
        placed_.notes.push_back(name + ": its LSI Logic is replaced by an LSI SAS");
    }
    if (adapter == ScsiAdapter::BusLogic) {
        placed_.notes.push_back(name + ": its BusLogic is replaced by an LSI 53C895A");
    }
}

// Units 0 to 6, 8 to 14, and 15 of an LSI controller go to three adapters.
Place Placing::scsi_place(const Drive& drive) {
    const ScsiAdapter adapter = scsi_adapter(machine_, drive.controller);
    const bool lsi = adapter != ScsiAdapter::Pvscsi;
    const int slot = lsi && drive.unit > kScsiAdapterUnit ? drive.unit - 1 : drive.unit;
    const int targets = lsi ? kLsiTargets : kPvscsiTargets;
    if (noted_.insert(drive.controller).second) note_replacement(drive, adapter);
    const int controller = controller_for(drive, slot / targets, {"scsi", model_for(adapter)});
    const int target = slot % targets;
    // libvirt addresses the 53C895A by unit, the others by target.
    if (adapter == ScsiAdapter::BusLogic) return {"scsi", controller, 0, 0, target, {}};
    return {"scsi", controller, 0, target, 0, lsi ? wwn_for(machine_, drive) : std::string{}};
}

Place Placing::sata_place(const Drive& drive) {
    const int controller = controller_for(drive, drive.unit / kSataPorts, {"sata", ""});
    return {"sata", controller, 0, 0, drive.unit % kSataPorts, {}};
}

// VMware's two buses have four drives, which fit on one SATA controller.
Place Placing::ide_place(const Drive& drive) {
    if (chipset_ == Chipset::I440fx) return {"ide", 0, drive.controller, 0, drive.unit, {}};
    const auto [at, added] = known_.try_emplace({Bus::Ide, 0, 0}, 0);
    if (added) {
        at->second = counts_["sata"]++;
        placed_.controllers.push_back({"sata", ""});
        placed_.notes.emplace_back(
            "ide: its drives are attached to a SATA controller, because a machine for secure boot "
            "has no IDE");
    }
    return {"sata", at->second, 0, 0, 2 * drive.controller + drive.unit, {}};
}

void Placing::place(const Drive& drive) {
    switch (drive.bus) {
        case Bus::Ide:
            placed_.places.push_back(ide_place(drive));
            break;
        case Bus::Floppy:
            placed_.places.push_back({"fdc", 0, 0, 0, drive.unit, {}});
            break;
        case Bus::Scsi:
            placed_.places.push_back(scsi_place(drive));
            break;
        default:
            placed_.places.push_back(sata_place(drive));
    }
}

}  // namespace

DrivePlaces place_drives(const vm::Config& machine, const std::vector<Drive>& drives,
                         Chipset chipset) {
    Placing placing{machine, chipset};
    bool nvme = false;
    for (const Drive& drive : drives) {
        placing.place(drive);
        nvme |= drive.bus == Bus::Nvme;
    }
    DrivePlaces placed = placing.take();
    if (nvme) {
        placed.notes.emplace_back(
            "nvme: its disks are attached to a SATA controller, because a machine with QEMU's "
            "NVMe cannot be suspended");
    }
    return placed;
}

}  // namespace vix::power
