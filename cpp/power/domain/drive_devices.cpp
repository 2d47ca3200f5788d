#include <map>

#include "power/domain/connected_devices.h"
#include "power/domain/devices.h"
#include "power/domain/drive_places.h"

namespace vix::power {

using format::XmlWriter;

namespace {

// Target names serve libvirt alone; they must be unique and begin with the prefix of their bus.
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

bool is_image(const Drive& drive) {
    return drive.connected && drive.medium == Drive::Medium::Image;
}

class DriveWriter {
  public:
    explicit DriveWriter(DomainWriter& writer) : writer_{writer} {}

    void write(const Drive& drive, const Place& place);

  private:
    void write_source(const Drive& drive);
    bool is_host_drive(const Drive& drive) const;

    DomainWriter& writer_;
    DeviceNames names_;
};

bool DriveWriter::is_host_drive(const Drive& drive) const {
    const bool cd = drive.kind == Drive::Kind::Cd;
    return drive.connected && drive.medium == Drive::Medium::HostDevice &&
           !(cd ? writer_.context.host_cd : writer_.context.host_floppy).empty();
}

void DriveWriter::write_source(const Drive& drive) {
    if (is_image(drive)) {
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

void DriveWriter::write(const Drive& drive, const Place& place) {
    const char* kind = drive.kind == Drive::Kind::Disk ? "disk"
                       : drive.kind == Drive::Kind::Cd ? "cdrom"
                                                       : "floppy";
    const char* source = is_image(drive) ? "network" : is_host_drive(drive) ? "block" : "file";
    const char* prefix = place.bus == "ide" ? "hd" : place.bus == "fdc" ? "fd" : "sd";
    XmlWriter& xml = writer_.xml;
    xml.open("disk", {{"type", source}, {"device", kind}});
    write_source(drive);
    xml.empty("target", {{"dev", names_.next(prefix)}, {"bus", place.bus}});
    if (drive.kind == Drive::Kind::Cd || drive.read_only) xml.empty("readonly");
    if (!place.wwn.empty()) xml.text("wwn", place.wwn);
    xml.empty("alias", {{"name", drive_alias(drive.node)}});
    write_boot_order(drive.node, writer_);
    xml.empty("address", {{"type", "drive"},
                          {"controller", std::to_string(place.controller)},
                          {"bus", std::to_string(place.bus_number)},
                          {"target", std::to_string(place.target)},
                          {"unit", std::to_string(place.unit)}});
    xml.close();
}

}  // namespace

void write_drives(const std::vector<Drive>& drives, DomainWriter& writer) {
    const auto chipset = boots_securely(writer.context) ? Chipset::Q35 : Chipset::I440fx;
    const DrivePlaces placed = place_drives(writer.machine, drives, chipset);
    writer.notes.insert(writer.notes.end(), placed.notes.begin(), placed.notes.end());
    std::map<std::string, int> counts;
    for (const Controller& controller : placed.controllers) {
        XmlWriter::Attributes attributes{{"type", controller.type},
                                         {"index", std::to_string(counts[controller.type]++)}};
        if (!controller.model.empty()) attributes.emplace_back("model", controller.model);
        writer.xml.empty("controller", attributes);
    }
    DriveWriter drive_writer{writer};
    for (std::size_t i = 0; i < drives.size(); ++i) drive_writer.write(drives[i], placed.places[i]);
}

}  // namespace vix::power
