// Computes the configuration of a clone: the source's .vmx, edited key by key as Workstation does,
// and its .vmxf. Pure functions: they read and write no file, and do not fail.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "format/dictionary.h"
#include "vm/machine/config.h"

namespace vix::ops {

struct CloneNames {
    std::string name;                          // base name of the clone's .vmx, UTF-8
    std::map<std::string, std::string> disks;  // node in lower case -> file of the clone's disk
    bool nvram = false;                        // whether the clone has one
    std::string search_path;  // where a linked clone searches for its parent; else empty
};

// Returns the path of a file that the source names, or nothing if none exists. Called for media.
using FindFile = std::function<std::optional<boost::filesystem::path>(const std::string& name)>;

format::Dictionary clone_config(const vm::Config& source, const CloneNames& names,
                                const FindFile& find);

// Returns the clone's .vmxf: the source's with the clone's id and name. A new one if the source's
// is not XML, has a document type definition, or is larger than 256 KiB.
std::string clone_vmxf(const std::string& source, const std::string& vmx_file_name);

}  // namespace vix::ops
