// The configuration of a clone: the source's .vmx edited in place, key by key as Workstation does,
// and its .vmxf. Pure: nothing is read or written.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "format/dictionary.h"
#include "vm/config.h"

namespace vix::ops {

struct CloneNames {
    std::string name;                          // of the clone: base name of its .vmx, UTF-8
    std::map<std::string, std::string> disks;  // node in lower case -> file of the clone's disk
    bool nvram = false;                        // the clone has one
    std::string search_path;  // where a linked clone's parent is sought; else empty
};

// Where a file that the source names is; nothing if there is none. Asked for media.
using FindFile = std::function<std::optional<boost::filesystem::path>(const std::string& name)>;

format::Dictionary clone_config(const vm::Config& source, const CloneNames& names,
                                const FindFile& find);

// The clone's .vmxf: the source's text with the clone's id and name, or a new one where the source
// has none that can be used.
std::string clone_vmxf(const std::string& source, const std::string& vmx_file_name);

}  // namespace vix::ops
