// The state file of a snapshot (.vmsn): groups of tagged values. Of a snapshot taken while the
// machine was off it holds one group, with the configuration, nvram and .vmxf as they were.
#pragma once

#include <string>

#include "io/file.h"

namespace vix::format {

struct VmsnContent {
    std::string config;           // the .vmx, byte for byte
    std::string nvram;            // empty: the machine had none
    std::string extended_config;  // the .vmxf
};

// Errors: VIX_E_SNAPSHOT_DUMPER when it is no state file or cut short.
VmsnContent read_vmsn(const io::File& file);

// As VMware writes it for a machine that is off.
std::string to_vmsn(const VmsnContent& content);

}  // namespace vix::format
