// The parts of a domain's description that are no drives: network, serial and parallel ports,
// sound, USB, display.
#pragma once

#include <string>
#include <vector>

#include "power/domain.h"
#include "power/xml.h"

namespace vix::power {

// Collects what a description is made of and what is to be said about it.
struct DomainWriter {
    const vm::Config& machine;
    const DomainContext& context;
    const vm::Settings& settings;
    Xml xml;
    std::vector<std::string> notes;
};

void write_network(DomainWriter& writer);
void write_ports(DomainWriter& writer);
void write_sound(DomainWriter& writer);
void write_usb(DomainWriter& writer);
void write_display(DomainWriter& writer);
void note_left_out(DomainWriter& writer);

// 1, 2 ... for the devices that are started from; nothing for the rest. "hdd", "cdrom", "floppy",
// "ethernet0" as in bios.bootOrder.
std::vector<std::string> boot_order(const vm::Config& machine);

// Drives and their controllers.
void write_drives(const std::vector<Drive>& drives, DomainWriter& writer);

}  // namespace vix::power
