// Which files of a folder belong to a virtual machine by their names alone: VMware's products and
// we make them beside the .vmx without naming them in it. `stem` is the .vmx's name without its
// ending, `names` all that lies in its folder; names are compared as Windows does.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vix::vm {

// 3 of "web-Snapshot3.vmsn", "web-Snapshot3.vmem" and whatever else begins so.
std::optional<int> snapshot_number(std::string_view file, std::string_view stem);

// A state, memory, screenshot or firmware file of a snapshot.
bool is_snapshot_file(std::string_view file, std::string_view stem);

// Configuration, firmware, states, memory, swap and statistics of the machine; snapshots too.
bool is_named_after(std::string_view file, std::string_view stem);

// Logs, whose names are the same for every machine: in a folder with several they are nobody's.
bool is_log(std::string_view file);

// The number for a new snapshot: `least`, or above every number that a file of a snapshot in the
// machine's folder has. So no file of a snapshot that the list has lost is ever replaced.
int first_free_number(const boost::filesystem::path& vmx, const std::vector<std::string>& names,
                      int least);

// States of snapshots of this machine that lie in its folder though its list does not name them:
// the list was lost, or an older one put in its place.
std::vector<boost::filesystem::path> unlisted_states(const boost::filesystem::path& vmx,
                                                     const std::vector<std::string>& names,
                                                     const std::vector<std::string>& listed);

// The memory of the machine when it is suspended, also of earlier times, by their names.
std::vector<boost::filesystem::path> suspended_states(const boost::filesystem::path& vmx);

}  // namespace vix::vm
