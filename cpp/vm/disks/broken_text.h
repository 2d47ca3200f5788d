// Extracts file names from a .vmx or .vmsd that cannot be parsed completely. Callers use them to
// keep files that another machine may need, so the result is a superset: a name in it only shows
// that the file could be needed.
#pragma once

#include <string>
#include <vector>

#include "vm/disks/disk_files.h"

namespace vix::vm {

// Returns every string in `text` that could name a file, from valid lines, broken lines and
// comments: each value, whole and up to its closing quote, and each word with the extension of a
// disk or state file, once from every blank before it. Throws VIX_E_CANNOT_READ_VM_CONFIG if there
// are more names than any machine has files.
std::vector<NamedFile> names_in_broken_text(const std::string& text);

}  // namespace vix::vm
