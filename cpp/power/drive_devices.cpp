#include <algorithm>
#include <map>

#include "base/text.h"
#include "power/devices.h"

namespace vix::power {
namespace {

constexpr int kSataPorts = 6;  // of QEMU's controller; VMware's has 30

// libvirt's names for what comes nearest to VMware's SCSI controllers. QEMU has no LSI 53C1030
// ("lsilogic"): the SAS1068 is of the same family, and one driver serves both in most systems. A
// BusLogic is of the time of the older 53C895A.
std::string scsi_model(DomainWriter& writer, int controller) {
    const std::string name = "scsi" + std::to_string(controller);
    const std::string model = to_lower(writer.machine.find(name + ".virtualDev").value_or(""));
    if (model == "pvscsi") return "vmpvscsi";
    if (model == "lsisas1068") return "lsisas1068";
    if (model == "lsilogic") {
        writer.notes.push_back(name + ": its LSI Logic is replaced by an LSI SAS");
        return "lsisas1068";
    }
    writer.notes.push_back(name + ": its BusLogic is replaced by an LSI 53C895A");
    return "lsilogic";
}

struct Place {
    std::string bus;  // libvirt's
    int controller = 0;
    int bus_number = 0;
    int target = 0;
    int unit = 0;
};

// Names are only for libvirt's own use; they must be unique and begin as the bus demands.
class DeviceNames {
  public:
    std::string next(const std::string& prefix) {
        int number = counts_[prefix]++;
        std::string letters;
        for (; number >= 0; number = number / 26 - 1) {
            letters.insert(letters.begin(), static_cast<char>('a' + number % 26));
        }
        return prefix + letters;
    }

  private:
    std::map<std::string, int> counts_;
};

class DriveWriter {
  public:
    explicit DriveWriter(DomainWriter& writer) : writer_{writer} {}

    void write_controllers(const std::vector<Drive>& drives);
    void write(const Drive& drive, int boot);

  private:
    Place place_of(const Drive& drive);
    void write_source(const Drive& drive);
    bool is_host_drive(const Drive& drive) const;

    DomainWriter& writer_;
    std::map<int, std::string> scsi_;  // model of each controller
    int sata_drives_ = 0;
    DeviceNames names_;
};

void DriveWriter::write_controllers(const std::vector<Drive>& drives) {
    int sata = 0;
    bool nvme = false;
    for (const Drive& drive : drives) {
        if (drive.bus == Bus::Scsi && !scsi_.contains(drive.controller)) {
            scsi_[drive.controller] = scsi_model(writer_, drive.controller);
        }
        if (drive.bus == Bus::Sata || drive.bus == Bus::Nvme) ++sata;
        nvme |= drive.bus == Bus::Nvme;
    }
    if (nvme) {
        writer_.notes.emplace_back(
            "nvme: its disks are attached to a SATA controller; QEMU's NVMe could not be "
            "suspended");
    }
    for (const auto& [number, model] : scsi_) {
        writer_.xml.empty("controller",
                          {{"type", "scsi"}, {"index", std::to_string(number)}, {"model", model}});
    }
    for (int i = 0; i * kSataPorts < sata; ++i) {
        writer_.xml.empty("controller", {{"type", "sata"}, {"index", std::to_string(i)}});
    }
}

Place DriveWriter::place_of(const Drive& drive) {
    switch (drive.bus) {
        case Bus::Ide:
            return {"ide", 0, drive.controller, 0, drive.unit};
        case Bus::Floppy:
            return {"fdc", 0, 0, 0, drive.unit};
        case Bus::Scsi:
            // The old one addresses by unit, the others by target.
            if (scsi_[drive.controller] == "lsilogic") {
                return {"scsi", drive.controller, 0, 0, drive.unit};
            }
            return {"scsi", drive.controller, 0, drive.unit, 0};
        default: {
            const int number = sata_drives_++;
            return {"sata", number / kSataPorts, 0, 0, number % kSataPorts};
        }
    }
}

bool DriveWriter::is_host_drive(const Drive& drive) const {
    const bool cd = drive.kind == Drive::Kind::Cd;
    return drive.medium == Drive::Medium::HostDevice &&
           !(cd ? writer_.context.host_cd : writer_.context.host_floppy).empty();
}

void DriveWriter::write_source(const Drive& drive) {
    if (drive.medium == Drive::Medium::Image) {
        writer_.xml.empty("driver", {{"name", "qemu"}, {"type", "raw"}})
            .open("source", {{"protocol", "nbd"}, {"name", drive.node}})
            .empty("host", {{"transport", "unix"}, {"socket", writer_.context.socket.string()}})
            .close();
    } else if (is_host_drive(drive)) {
        const bool cd = drive.kind == Drive::Kind::Cd;
        const auto& device = cd ? writer_.context.host_cd : writer_.context.host_floppy;
        writer_.xml.empty("source", {{"dev", device.string()}});
    }
}

void DriveWriter::write(const Drive& drive, int boot) {
    const Place place = place_of(drive);
    const char* kind = drive.kind == Drive::Kind::Disk ? "disk"
                       : drive.kind == Drive::Kind::Cd ? "cdrom"
                                                       : "floppy";
    const char* source = drive.medium == Drive::Medium::Image ? "network"
                         : is_host_drive(drive)               ? "block"
                                                              : "file";
    const char* prefix = place.bus == "ide" ? "hd" : place.bus == "fdc" ? "fd" : "sd";
    Xml& xml = writer_.xml;
    xml.open("disk", {{"type", source}, {"device", kind}});
    write_source(drive);
    xml.empty("target", {{"dev", names_.next(prefix)}, {"bus", place.bus}});
    if (drive.kind == Drive::Kind::Cd) xml.empty("readonly");
    if (boot > 0) xml.empty("boot", {{"order", std::to_string(boot)}});
    xml.empty("address", {{"type", "drive"},
                          {"controller", std::to_string(place.controller)},
                          {"bus", std::to_string(place.bus_number)},
                          {"target", std::to_string(place.target)},
                          {"unit", std::to_string(place.unit)}});
    xml.close();
}

std::string boot_name(const Drive& drive) {
    switch (drive.kind) {
        case Drive::Kind::Disk:
            return "hdd";
        case Drive::Kind::Cd:
            return "cdrom";
        default:
            return "floppy";
    }
}

}  // namespace

void write_drives(const std::vector<Drive>& drives, DomainWriter& writer) {
    DriveWriter drive_writer{writer};
    drive_writer.write_controllers(drives);
    std::map<const Drive*, int> boots;
    for (const std::string& kind : boot_order(writer.machine)) {
        for (const Drive& drive : drives) {
            const int next = static_cast<int>(boots.size()) + 1;
            if (boot_name(drive) == kind) boots.emplace(&drive, next);
        }
    }
    for (const Drive& drive : drives) drive_writer.write(drive, boots[&drive]);
}

}  // namespace vix::power
