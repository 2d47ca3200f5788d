// Making a full clone of a virtual machine.
#pragma once

#include <boost/filesystem/path.hpp>

#include "base/progress.h"
#include "vm/machine.h"

namespace vix::ops {

struct CloneRequest {
    boost::filesystem::path source;       // the .vmx to clone, absolute, on this host
    boost::filesystem::path destination;  // the .vmx to make, absolute, on this host
    vm::Settings settings;
};

// Makes `request.destination` a full, powered-off, independent clone of `request.source` in its
// present state. All or nothing: on any failure (Error) the source is untouched and nothing of the
// clone remains, folders made on the way included.
void clone_full(const CloneRequest& request, Progress& progress);

}  // namespace vix::ops
