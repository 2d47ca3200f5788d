// Writes the devices of libvirt's domain XML. Each function appends to DomainWriter::xml and
// reports replaced or omitted devices in DomainWriter::notes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "format/xml.h"
#include "power/domain/domain.h"

namespace vix::power {

// The input and the output of the functions below.
struct DomainWriter {
    const vm::Machine& machine;
    const DomainContext& context;
    format::XmlWriter xml;
    std::vector<std::string> notes;
    std::vector<std::string> boot;  // see boot_devices()
};

// Whether the machine is one for secure boot.
inline bool boots_securely(const DomainContext& context) {
    return context.firmware && context.firmware->secure;
}

// The host's file, pipe or device of each serial and parallel port that has one.
std::map<std::string, std::string> port_backends(const vm::Machine& machine,
                                                 const boost::filesystem::path& vmx);

void write_network(DomainWriter& writer);
void write_ports(DomainWriter& writer);
void write_sound(DomainWriter& writer);
void write_usb(DomainWriter& writer);
void write_display(DomainWriter& writer);
void note_left_out(DomainWriter& writer);

// Writes <boot> into the open element of this drive or card; nothing if the machine does not boot
// from it.
void write_boot_order(const std::string& name, DomainWriter& writer);

// Writes drives and their controllers. Defined in drive_devices.cpp.
void write_drives(const std::vector<Drive>& drives, DomainWriter& writer);

}  // namespace vix::power
