#include "io/files/path_map.h"

#include <boost/filesystem/operations.hpp>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "io/files/folder.h"

namespace fs = boost::filesystem;

namespace vix::io {
namespace {

constexpr std::string_view kStandard = "standard";

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_separator(char c) {
    return c == '\\' || c == '/';
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::vector<std::string> split_names(std::string_view relative) {
    std::vector<std::string> names;
    std::size_t begin = 0;
    while (begin < relative.size()) {
        std::size_t end = begin;
        while (end < relative.size() && !is_separator(relative[end])) ++end;
        const std::string_view name = relative.substr(begin, end - begin);
        if (name == "..") {
            if (!names.empty()) names.pop_back();
        } else if (!name.empty() && name != ".") {
            names.emplace_back(name);
        }
        begin = end + 1;
    }
    return names;
}

// The entry with the same letters composed otherwise: macOS decomposes the letters of a name, other
// programs do not. Empty if there is none.
std::string composed_otherwise(const fs::path& folder, const std::vector<std::string>& names,
                               const std::string& name) {
    if (is_ascii(name)) return {};
    const std::string wanted = decompose(name);
    std::string found;
    for (const std::string& candidate : names) {
        if (decompose(candidate) != wanted) continue;
        if (!found.empty()) {
            throw Error{
                VIX_E_FILE_ERROR,
                "the name " + name + " matches two entries of " + folder.string() +
                    " that differ only in how their letters are composed; rename one of them"};
        }
        found = candidate;
    }
    return found;
}

std::string spelling_in(const fs::path& folder, const std::string& name) {
    boost::system::error_code ignored;
    if (fs::symlink_status(folder / name, ignored).type() != fs::file_not_found) return name;
    const std::vector<std::string> names = names_if_any(folder);
    std::string found = composed_otherwise(folder, names, name);
    if (!found.empty()) return found;
    const std::string wanted = decompose(fold_case(name));
    for (const std::string& candidate : names) {
        // Folding ASCII means comparing without case, which takes far less time.
        const bool same = is_ascii(candidate) ? equal_ignoring_case(candidate, wanted)
                                              : decompose(fold_case(candidate)) == wanted;
        if (same && (found.empty() || candidate < found)) found = candidate;
    }
    return found.empty() ? name : found;
}

}  // namespace

bool is_windows_path(std::string_view path) {
    if (path.size() >= 2 && path[0] == '\\' && path[1] == '\\') return true;
    return path.size() >= 2 && is_letter(path[0]) && path[1] == ':';
}

bool is_datastore_path(std::string_view path) {
    const auto end = path.find("] ");
    return path.starts_with('[') && end != std::string_view::npos && end > 1 &&
           path.find_first_of("/\\") > end;
}

fs::path follow_windows_names(const fs::path& folder, std::string_view relative) {
    fs::path path = folder;
    for (const std::string& name : split_names(relative)) path /= spelling_in(path, name);
    return path;
}

void PathMap::map_drive(char letter, fs::path folder) {
    drives_[upper(letter)] = std::move(folder);
}

void PathMap::map_standard_datastore(fs::path folder) {
    standard_datastore_ = std::move(folder);
}

fs::path PathMap::resolve_in_datastore(std::string_view path) const {
    constexpr const char* kSetting =
        "datastore.standard = \"/folder\" in ~/.vmware/vix.conf or the environment variable "
        "VIX_DATASTORE_STANDARD";
    const std::string shown{path};
    const auto end = path.find("] ");
    const std::string name{path.substr(1, end - 1)};
    if (!equal_ignoring_case(name, kStandard)) {
        throw Error{VIX_E_FILE_NAME_INVALID,
                    shown + ": only a datastore named \"standard\" can have a folder here, not \"" +
                        name + "\"; name the file by its path on this host"};
    }
    if (standard_datastore_.empty()) {
        throw Error{VIX_E_FILE_NAME_INVALID,
                    shown + ": no folder stands for the datastore; set " + kSetting};
    }
    boost::system::error_code unreachable;
    if (fs::is_directory(standard_datastore_, unreachable)) {
        return follow_windows_names(standard_datastore_, path.substr(end + 2));
    }
    throw Error{VIX_E_FILE_NOT_FOUND, shown + ": the folder of the datastore, " +
                                          standard_datastore_.string() +
                                          ", does not exist; correct " + kSetting};
}

// The folder may be a link, and a machine's path may be canonical.
std::string PathMap::in_datastore(const std::string& path) const {
    if (standard_datastore_.empty()) return path;
    boost::system::error_code unreachable;
    for (const fs::path& folder :
         {standard_datastore_, fs::canonical(standard_datastore_, unreachable)}) {
        const fs::path below = fs::path{path}.lexically_relative(folder);
        const bool outside = folder.empty() || below.empty() || *below.begin() == "..";
        if (!outside && below != ".") return '[' + std::string{kStandard} + "] " + below.string();
    }
    return path;
}

fs::path PathMap::resolve(std::string_view path) const {
    if (!is_windows_path(path)) return fs::path{std::string{path}};
    const std::string shown{path};
    if (path[0] == '\\') {
        throw Error{VIX_E_FILE_NAME_INVALID,
                    shown + " is a network path; only drive letters can be mapped to folders"};
    }
    if (path.size() < 3 || !is_separator(path[2])) {
        throw Error{
            VIX_E_FILE_NAME_INVALID,
            shown + " is relative to the drive's current folder; an absolute path is required"};
    }
    const char letter = upper(path[0]);
    const auto drive = drives_.find(letter);
    if (drive == drives_.end()) {
        const std::string name{letter};
        throw Error{VIX_E_FILE_NAME_INVALID,
                    shown + ": no folder is mapped to drive " + name + "; set drive." + name +
                        " = \"/folder\" in ~/.vmware/vix.conf or the environment variable "
                        "VIX_DRIVE_" +
                        name};
    }
    boost::system::error_code unreachable;
    if (fs::is_directory(drive->second, unreachable)) {
        return follow_windows_names(drive->second, path.substr(3));
    }
    const std::string name{letter};
    throw Error{VIX_E_FILE_NOT_FOUND, shown + ": the folder mapped to drive " + name + ", " +
                                          drive->second.string() +
                                          ", does not exist; correct the setting drive." + name +
                                          " or VIX_DRIVE_" + name};
}

}  // namespace vix::io
