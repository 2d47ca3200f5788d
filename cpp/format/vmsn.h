// The snapshot state (.vmsn): groups of tagged values. For a snapshot of a machine that was off it
// has one group, with the configuration, nvram and .vmxf of that time.
#pragma once

#include <string>

#include "io/files/file.h"

namespace vix::format {

struct VmsnContent {
    std::string config;           // the .vmx, byte for byte
    std::string nvram;            // empty if the machine had none
    std::string extended_config;  // the .vmxf
};

// Throws VIX_E_SNAPSHOT_DUMPER if the file is not a snapshot state or is truncated.
VmsnContent read_vmsn(const io::File& file);

// The file's bytes as VMware writes them for a machine that is off.
std::string to_vmsn(const VmsnContent& content);

}  // namespace vix::format
