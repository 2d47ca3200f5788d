// Reads how the guest's writes to a disk are treated: the keys scsi0:0.mode and scsi0:0.redo of a
// .vmx. Changes nothing.
#pragma once

#include "vm/machine/machine.h"

namespace vix::vm {

// Throws VIX_E_NOT_SUPPORTED for a disk with an unknown mode or one that lets the user discard the
// guest's writes ("undoable", "append"). Used as a normal disk, it could not discard them.
void refuse_unknown_modes(const Config& machine);

// Throws VIX_E_DISK_NOTSUPPORTED for a disk whose redo log exists: the log holds part of its data.
// The log of a nonpersistent disk does not count, because the next start deletes it.
void refuse_redo_logs(const Machine& machine);

}  // namespace vix::vm
