#include "vm/disks/disk_files.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

// Throws if the answer is unknown. With "no" the caller would search on and find another file.
bool is_there(const fs::path& path) {
    boost::system::error_code error;
    const auto status = fs::symlink_status(path, error);
    if (status.type() != fs::status_error) return status.type() != fs::file_not_found;
    const Error failure = system_error(error.value(), "looking for", path.string());
    if (failure.code() == VIX_E_FILE_NAME_INVALID) return false;  // no file can have this name
    throw failure;
}

fs::path below(const fs::path& folder, const std::string& name) {
    const fs::path path{name};
    return path.is_absolute() ? path : folder / path;
}

// Tries the spellings that the name can have on this host, the most likely first.
std::optional<fs::path> find_by_path(const NamedFile& named, const fs::path& folder,
                                     const Settings& settings) {
    if (named.name.find('\0') != std::string::npos) return std::nullopt;  // not a file's name
    if (io::is_windows_path(named.name)) {
        const fs::path path = settings.path_map.resolve(named.name);
        return is_there(path) ? std::optional{path} : std::nullopt;
    }
    // The last is the name of a file from a host before UTF-8, whose .vmx was turned to UTF-8.
    std::optional<std::string> western;
    if (!is_ascii(named.name)) western = encode_from_utf8(named.name, "windows-1252");
    for (const std::string& name : {named.name, named.bytes, western.value_or("")}) {
        if (!name.empty() && is_there(below(folder, name))) return below(folder, name);
    }
    // Names from Windows: both separators, any case.
    if (fs::path{named.name}.is_absolute()) return std::nullopt;
    fs::path at = folder;
    std::string rest = named.name;
    while (rest.substr(0, 3) == "../" || rest.substr(0, 3) == "..\\") {
        if (at.has_parent_path()) at = at.parent_path();
        rest.erase(0, 3);
    }
    const fs::path path = io::follow_windows_names(at, rest);
    return is_there(path) ? std::optional{path} : std::nullopt;
}

bool is_within(const fs::path& path, const fs::path& folder) {
    const auto [mismatch, unused] =
        std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    return mismatch == folder.end() || (*mismatch == "." && std::next(mismatch) == folder.end());
}

bool may_hold_extents(const fs::path& real, const fs::path& folder, const Settings& settings) {
    std::vector<fs::path> allowed = settings.extent_folders;
    allowed.push_back(folder);
    return std::any_of(allowed.begin(), allowed.end(), [&](const fs::path& candidate) {
        return is_there(candidate) && is_within(real, fs::canonical(candidate));
    });
}

}  // namespace

std::string bare_name(const std::string& name) {
    const auto separator = name.find_last_of("/\\");
    return separator == std::string::npos ? name : name.substr(separator + 1);
}

std::optional<fs::path> find_file(const NamedFile& named, const fs::path& folder,
                                  const std::vector<fs::path>& search, const Settings& settings) {
    std::optional<Error> failure;  // access denied at the path, or a drive that is not mapped
    try {
        if (auto path = find_by_path(named, folder, settings)) return path;
    } catch (const Error& error) {
        if (error.code() == VIX_E_FILE_ERROR || is_exhaustion(error.code())) throw;
        failure = error;
    }
    const NamedFile bare{bare_name(named.name), bare_name(named.bytes)};
    for (const fs::path& place : search) {
        if (auto path = find_by_path(bare, place, settings)) return path;
    }
    if (failure) throw *failure;
    return std::nullopt;
}

io::File open_extent_file(const NamedFile& named, const fs::path& folder,
                          const Settings& settings) {
    const auto path = find_by_path(named, folder, settings);
    if (!path) {
        throw Error{VIX_E_FILE_NOT_FOUND,
                    "the extent " + named.name + " was not found in " + folder.string()};
    }
    const fs::path holder = fs::canonical(path->parent_path());
    if (!may_hold_extents(holder, folder, settings)) {
        throw Error{VIX_E_FILE_ACCESS_ERROR,
                    "the extent " + named.name + " is outside its disk's folder " +
                        folder.string() +
                        ". To allow it, add its folder to the setting disk.folders"};
    }
    io::File file = io::File::open(*path, io::Links::Refuse);
    // Another process may have replaced a folder with a symbolic link in the meantime.
    const auto place = file.place();
    if (place && place->parent_path() != holder) {
        throw Error{VIX_E_FILE_ACCESS_ERROR,
                    "the extent " + named.name + " is no longer in " + holder.string() +
                        " but at " + place->string() +
                        "; its folder was replaced while the disk was being opened"};
    }
    return file;
}

}  // namespace vix::vm
