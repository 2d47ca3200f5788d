// Makes what a snapshot records: its entry in the snapshot list, and the files with the machine's
// state (configuration, firmware, memory) in its working folder. Files are not synced unless
// stated.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/machine/machine.h"

namespace vix::ops {

// Throws VIX_E_SNAPSHOT_DUPLICATEDDISK if two devices use one disk: two deltas of it, both written
// to, are no valid state of a machine.
void refuse_shared_disks(const vm::Machine& machine);

// Returns a child of the current snapshot, with the current disks and without a name. `names`: all
// entries of the machine's folder. Throws as refuse_new_snapshot() and vm::working_folder().
vm::Snapshot new_snapshot(const vm::Machine& machine, const std::vector<std::string>& names);

// Return the paths of its snapshot state and its memory. The files need not exist.
boost::filesystem::path state_file(const vm::Machine& machine, const vm::Snapshot& snapshot);
boost::filesystem::path memory_file(const vm::Machine& machine, const vm::Snapshot& snapshot);
// Returns all files that a snapshot has or may have: state, memory, UEFI's variables. Returns none
// if its state is outside the machine's folder and not known to be its own, see
// power::is_own_elsewhere().
std::vector<boost::filesystem::path> state_files(const vm::Config& machine,
                                                 const vm::Snapshot& snapshot);
// Notes for the caller which states with these names are kept although their snapshots are removed.
// They are outside the machine's folder, and their names do not show that no other machine, such as
// a copy of this one, needs them.
void note_states_kept(const vm::Machine& machine, const std::vector<std::string>& names,
                      Progress& progress);
// The files that it will have if it is taken now.
std::vector<boost::filesystem::path> state_files_to_make(const vm::Config& machine,
                                                         const vm::Snapshot& snapshot);
// Returns the suspend state, if it is the machine's own. Without the disks that belong to it, it
// has no meaning.
std::vector<boost::filesystem::path> suspended_state(const vm::Config& machine);

// Writes the current state except the memory; unsynced.
void write_state(const vm::Machine& machine, const vm::Snapshot& snapshot);

// Returns the configuration with other disk names: node in lower case -> name.
format::Dictionary on_disks(const format::Dictionary& config,
                            const std::map<std::string, std::string>& names);

// Checks a suspended machine whose memory becomes that of the snapshot. From then on it is
// suspended in the snapshot's memory, as after reverting to it. Throws:
// - VIX_E_SNAPSHOT_NOCHANGE: that is already so, and it has not run since.
// - VIX_E_VM_IS_RUNNING: another product suspended it.
// - VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK.
void refuse_unfit_memory(const vm::Machine& machine);

// Checks a running machine. Throws VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK, or without memory
// VIX_E_SNAPSHOT_INDEPENDENTDISK.
void refuse_independent_disks(const vm::Config& machine, bool with_memory);

// Gives a file a second name, or copies it if the file system has no hard links. The file must not
// be written any more.
void share_file(const boost::filesystem::path& from, const boost::filesystem::path& to,
                Progress& progress);
// Gives the memory of a suspended machine to the snapshot.
void share_memory(const vm::Machine& machine, const vm::Snapshot& snapshot, Progress& progress);

// The first makes the configuration one of a machine that is suspended in a snapshot's memory, the
// second one of a machine that is off.
void suspend_in_snapshot(format::Dictionary& config, const vm::Snapshot& snapshot);
void forget_suspended(format::Dictionary& config);

}  // namespace vix::ops
