// The suspend state of a machine on disk, and how its .vmx names it: checkpoint.vmState, as in
// VMware. The file has libvirt's format: VMware cannot resume from it, nor can we from VMware's. A
// machine that reverted to a snapshot with memory also counts as suspended, until it is powered on.
// Its state is the snapshot's memory, which must stay (checkpoint.vmState.readOnly).
#pragma once

#include <boost/filesystem/path.hpp>

#include "vm/machine/machine.h"

namespace vix::power {

enum class SavedState { None, Complete, Incomplete, Foreign };

// "<name>-<eight digits>.vmss" in the machine's working folder. Errors: those of
// vm::working_folder().
boost::filesystem::path state_file_for(const vm::Machine& machine);

// How the machine's files name a file: by its name alone in the machine's folder, else by its whole
// path.
std::string name_from(const vm::Config& machine, const boost::filesystem::path& file);

// Whether a state file outside the machine's folder is its own: its name must have the digits that
// follow from the path of this .vmx. Several machines may share a working folder; no other machine
// and no copy of this one writes or deletes a file of that name.
bool is_own_elsewhere(const boost::filesystem::path& file, const vm::Config& machine);

// The memory file that checkpoint.vmState names; for a snapshot, the one beside the named .vmsn.
boost::filesystem::path recorded_state_file(const vm::Machine& machine);

// True if that file belongs to a snapshot; then nobody may write or delete it.
bool is_state_of_snapshot(const vm::Config& machine);

// Incomplete: saving it was interrupted. Foreign: VMware's, or unknown. Error VIX_E_FILE_NOT_FOUND
// if the file is missing for another reason than an interrupted save.
SavedState saved_state(const vm::Machine& machine);
// The same for a file.
SavedState saved_state(const boost::filesystem::path& file);

// FALSE in the .vmx of a machine that runs or crashed, TRUE after its process has ended.
inline constexpr const char* kCleanShutdown = "cleanShutdown";

// The machine is about to run: clears checkpoint.vmState and sets cleanShutdown to FALSE.
void record_start(const vm::Machine& machine);

// Sets checkpoint.vmState, or clears it if `name` is empty.
void record_state(const vm::Machine& machine, const std::string& name);

}  // namespace vix::power
