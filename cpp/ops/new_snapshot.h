// What a snapshot records: its entry in the list, and the files in the machine's working folder
// with the state of the machine: its configuration, firmware and memory.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"
#include "ops/snapshot.h"
#include "vm/config.h"
#include "vm/settings.h"
#include "vm/snapshot_tree.h"

namespace vix::ops {

// VIX_E_SNAPSHOT_DUPLICATEDDISK: two deltas on one disk, both written to, are no state of
// a machine.
void refuse_shared_disks(const vm::Config& machine, const vm::Settings& settings);

// A child of the current one, with the present disks. `names`: all that lies in the machine's
// folder. Errors as refuse_new_snapshot() and vm::working_folder().
vm::Snapshot new_snapshot(const SnapshotRequest& request, const vm::Config& machine,
                          const vm::SnapshotTree& tree, const std::vector<std::string>& names);

// Where its .vmsn and its memory are, or will be.
boost::filesystem::path state_file(const vm::Config& machine, const vm::Snapshot& snapshot,
                                   const vm::Settings& settings);
boost::filesystem::path memory_file(const vm::Config& machine, const vm::Snapshot& snapshot,
                                    const vm::Settings& settings);
// All files that a snapshot has or may have: state, memory, UEFI's variables. None for one whose
// state is neither in the machine's folder nor known to be its own, see power::is_own_elsewhere().
std::vector<boost::filesystem::path> state_files(const vm::Config& machine,
                                                 const vm::Snapshot& snapshot);
// Reports to the caller which states with these names stay though they go with what is removed:
// they lie outside the machine's folder, and their names do not show that no other machine, such as
// a copy of this one, needs them.
void note_states_kept(const vm::Config& machine, const std::vector<std::string>& names,
                      const vm::Settings& settings, Progress& progress);
// Those that it will have when it is taken now.
std::vector<boost::filesystem::path> state_files_to_make(const vm::Config& machine,
                                                         const vm::Snapshot& snapshot);
// The memory of a suspended machine, if it is the machine's own: it has no meaning without the
// disks that belong to it.
std::vector<boost::filesystem::path> suspended_state(const vm::Config& machine);

// Writes all but the memory, as the machine is now; unsynced.
void write_state(const vm::Config& machine, const vm::Snapshot& snapshot,
                 const vm::Settings& settings);

// The configuration with the disks' names exchanged: node in lower case -> name.
format::Dictionary on_disks(const format::Dictionary& config,
                            const std::map<std::string, std::string>& names);

// For a suspended machine, whose memory becomes that of the snapshot: it is suspended in the
// snapshot's memory from then on, as after going back to it. Errors: VIX_E_SNAPSHOT_NOCHANGE when
// that has happened already and it has not run since; VIX_E_VM_IS_RUNNING when another product
// suspended it; VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK.
void refuse_unfit_memory(const vm::Config& machine, const vm::Settings& settings);

// For a machine that runs: VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK, without memory
// VIX_E_SNAPSHOT_INDEPENDENTDISK.
void refuse_independent_disks(const vm::Config& machine, bool with_memory);

// Gives a file a second name; copies it where a file cannot have two. For files that nobody writes
// any more.
void share_file(const boost::filesystem::path& from, const boost::filesystem::path& to,
                Progress& progress);
// The memory of a suspended machine, as the snapshot's.
void share_memory(const vm::Config& machine, const vm::Snapshot& snapshot,
                  const vm::Settings& settings, Progress& progress);

// The configuration of a machine that is suspended in a snapshot's memory; of one that is off.
void suspend_in_snapshot(format::Dictionary& config, const vm::Snapshot& snapshot);
void forget_suspended(format::Dictionary& config);

}  // namespace vix::ops
