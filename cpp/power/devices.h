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
    std::vector<std::string> boot;  // see boot_devices()
};

void write_network(DomainWriter& writer);
void write_ports(DomainWriter& writer);
void write_sound(DomainWriter& writer);
void write_usb(DomainWriter& writer);
void write_display(DomainWriter& writer);
void note_left_out(DomainWriter& writer);

// Of the drive or card of that name, inside its element; nothing if it is not started from.
void write_boot_order(const std::string& name, DomainWriter& writer);

// Drives and their controllers.
void write_drives(const std::vector<Drive>& drives, DomainWriter& writer);

}  // namespace vix::power
