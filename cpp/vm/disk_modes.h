// How a .vmx says that the disks of a virtual machine are written to: scsi0:0.mode and
// scsi0:0.redo.
#pragma once

#include "vm/config.h"
#include "vm/settings.h"

namespace vix::vm {

// VIX_E_NOT_SUPPORTED for a disk of a mode that would let the user take back what a guest writes
// ("undoable", "append"), or that is not known: as a usual disk it could not be taken back.
void refuse_unknown_modes(const Config& machine);

// VIX_E_DISK_NOTSUPPORTED for a disk whose redo log is there: part of what it holds is in that log.
// A nonpersistent disk's log is to be thrown away at the next start, and does not count.
void refuse_redo_logs(const Config& machine, const Settings& settings);

}  // namespace vix::vm
