// Decides by name which files of a folder belong to a machine: files that VMware's products and we
// put next to the .vmx without naming them in it. `stem` is the .vmx's name without its extension;
// `names` are all entries of its folder. Names are compared as on Windows.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vix::vm {

// Returns 3 for "web-Snapshot3.vmsn", "web-Snapshot3.vmem" and every other name with that prefix.
std::optional<int> snapshot_number(std::string_view file, std::string_view stem);

// A state, memory, screenshot or firmware file of a snapshot.
bool is_snapshot_file(std::string_view file, std::string_view stem);

// Configuration, firmware, states, memory, swap and statistics of the machine or of its snapshots.
bool is_named_after(std::string_view file, std::string_view stem);

// Logs. All machines use the same names for them, so in a folder of several machines no log can be
// assigned to one.
bool is_log(std::string_view file);

// Returns the number for a new snapshot: `least`, or more if a snapshot's file in the machine's
// folder already has that number or a higher one. So a new snapshot never overwrites a file of a
// snapshot that the snapshot list has lost.
int first_free_number(const boost::filesystem::path& vmx, const std::vector<std::string>& names,
                      int least);

// Returns the snapshot states of this machine in its folder that its snapshot list does not name:
// the list was lost, or an older one was restored.
std::vector<boost::filesystem::path> unlisted_states(const boost::filesystem::path& vmx,
                                                     const std::vector<std::string>& names,
                                                     const std::vector<std::string>& listed);

// Returns the suspend states of the machine, including old ones, by name.
std::vector<boost::filesystem::path> suspended_states(const boost::filesystem::path& vmx);

}  // namespace vix::vm
