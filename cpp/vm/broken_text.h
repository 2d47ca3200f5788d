// The names in a .vmx or .vmsd that cannot be read to its end, for callers that must not delete a
// file that another machine may need. It returns more names than are meant: a name shows only that
// the file could be needed.
#pragma once

#include <string>
#include <vector>

#include "vm/disk_files.h"

namespace vix::vm {

// Every name in the text that could be a file's, on good and broken lines and in comments: each
// value, whole and up to its quotes, and each word that ends like a disk or a state, from each
// blank before it. Error VIX_E_CANNOT_READ_VM_CONFIG: more names than any machine has files.
std::vector<NamedFile> names_in_broken_text(const std::string& text);

}  // namespace vix::vm
