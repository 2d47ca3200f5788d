// A suspended machine's state on disk, and how its .vmx names it: checkpoint.vmState, as
// VMware's. What is in the file is libvirt's; VMware cannot resume from it, nor we from VMware's.
// A machine that went back to a snapshot with memory is suspended, too, until it is powered on: in
// the snapshot's memory, which stays (checkpoint.vmState.readOnly).
#pragma once

#include <boost/filesystem/path.hpp>

#include "vm/config.h"
#include "vm/settings.h"

namespace vix::power {

enum class SavedState { None, Complete, Incomplete, Foreign };

// "<name>-<eight digits>.vmss" in the machine's working folder. Errors as vm::working_folder().
boost::filesystem::path state_file_for(const vm::Config& machine, const vm::Settings& settings);

// How the machine's files name a file: without a folder where it lies in the machine's own, else
// with its whole path.
std::string name_from(const vm::Config& machine, const boost::filesystem::path& file);

// Several machines may share a working folder. A state file outside the machine's own folder is its
// own if its name has the digits that follow from where this .vmx is: no other machine, nor a copy
// of this one, writes or deletes a file of that name.
bool is_own_elsewhere(const boost::filesystem::path& file, const vm::Config& machine);

// The memory that checkpoint.vmState leads to; a snapshot's lies beside the .vmsn that is named.
boost::filesystem::path recorded_state_file(const vm::Config& machine,
                                            const vm::Settings& settings);

// That file belongs to a snapshot: nobody may write or delete it.
bool is_state_of_snapshot(const vm::Config& machine);

// Incomplete: saving it was interrupted. Foreign: VMware's, or unknown. Error VIX_E_FILE_NOT_FOUND
// when it is not there, and not because saving it was interrupted.
SavedState saved_state(const vm::Config& machine, const vm::Settings& settings);
// The same of a file.
SavedState saved_state(const boost::filesystem::path& file);

// Sets checkpoint.vmState, or clears it where `name` is empty.
void record_state(const vm::Config& machine, const std::string& name, const vm::Settings& settings);

}  // namespace vix::power
