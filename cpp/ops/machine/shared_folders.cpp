#include "ops/machine/shared_folders.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "format/numbered_keys.h"
#include "ops/machine/config_change.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

constexpr std::string_view kPrefix = "sharedFolder";
constexpr std::string_view kCount = "sharedFolder.maxNum";
constexpr std::string_view kDisabled = "isolation.tools.hgfs.disable";

struct Slot {
    std::size_t number;
    SharedFolder folder;
};

// A slot that is not present, or whose lines are broken, holds no folder.
std::vector<Slot> slots_of(const format::Dictionary& dictionary) {
    std::vector<Slot> slots;
    for (const auto& [number, group] : format::key_groups(dictionary, kPrefix)) {
        const auto value = [&keys = group](const std::string& key) {
            const auto found = keys.find(key);
            return found == keys.end() ? std::string{} : found->second.value;
        };
        const auto is_true = [&](const std::string& key) {
            return equal_ignoring_case(value(key), "TRUE");
        };
        if (!is_true("present") || value("guestname").empty()) continue;
        const int flags = is_true("writeaccess") ? kSharedFolderWritable : 0;
        slots.push_back({number, {value("guestname"), value("hostpath"), flags}});
    }
    return slots;
}

std::optional<std::size_t> find(const std::vector<Slot>& slots, const std::string& name) {
    const auto found = std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) {
        return equal_ignoring_case(slot.folder.name, name);
    });
    if (found == slots.end()) return std::nullopt;
    return found->number;
}

std::size_t require(const format::Dictionary& dictionary, const std::string& name,
                    const fs::path& vmx) {
    const auto number = find(slots_of(dictionary), name);
    if (number) return *number;
    throw Error{VIX_E_NOT_FOUND, vmx.string() + " has no shared folder \"" + name + "\""};
}

void check_name(const std::string& name) {
    if (!name.empty() && name.find_first_of("/\\") == std::string::npos) return;
    throw Error{VIX_E_INVALID_ARG, "\"" + name +
                                       "\" cannot be the name of a shared folder: a name must not "
                                       "be empty or contain / or \\"};
}

void check_flags(int flags) {
    if ((flags & ~kSharedFolderWritable) == 0) return;
    throw Error{VIX_E_INVALID_ARG, "a shared folder cannot have the flags " +
                                       std::to_string(flags) + ", only 0 or 4 (writable)"};
}

void check_host_path(const std::string& host_path, const vm::Settings& settings) {
    const fs::path path = settings.path_map.resolve(host_path);
    if (!path.is_absolute()) {
        throw Error{VIX_E_INVALID_ARG, "\"" + host_path + "\" is not an absolute path"};
    }
    boost::system::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
        throw Error{VIX_E_FILE_NOT_FOUND,
                    path.string() + " does not exist, so it cannot be shared"};
    }
    if (!fs::is_directory(status)) {
        throw Error{VIX_E_INCORRECT_FILE_TYPE,
                    path.string() + " is not a folder, so it cannot be shared"};
    }
}

void write_folder(format::Dictionary& dictionary, std::size_t number, const SharedFolder& folder) {
    const auto set = [&](std::string_view key, std::string_view value) {
        dictionary.set(format::numbered_key(kPrefix, number, key), value);
    };
    set("present", "TRUE");
    set("enabled", "TRUE");
    set("readAccess", "TRUE");
    set("writeAccess", (folder.flags & kSharedFolderWritable) != 0 ? "TRUE" : "FALSE");
    set("hostPath", folder.host_path);
    set("guestName", folder.name);
    set("expiration", "never");
}

// VMware reads this number of slots.
void write_count(format::Dictionary& dictionary) {
    const auto groups = format::key_groups(dictionary, kPrefix);
    const std::size_t count = groups.empty() ? 0 : groups.rbegin()->first + 1;
    dictionary.set(kCount, std::to_string(count));
}

// Returns the first number without a folder. Lines of a broken or removed folder are overwritten.
std::size_t free_number(const std::vector<Slot>& slots) {
    std::size_t number = 0;
    for (const Slot& slot : slots) {
        if (slot.number != number) break;
        ++number;
    }
    return number;
}

// The list of a running machine is kept for the next start.
void change(const fs::path& vmx, const vm::Settings& settings, Progress& waiting,
            const power::Settings* running, const ConfigEdit& edit) {
    if (running != nullptr) return change_running_config(vmx, settings, *running, edit);
    change_config(vmx, settings, waiting, edit);
}

}  // namespace

std::vector<SharedFolder> shared_folders(const fs::path& vmx, const vm::Settings&) {
    const vm::Config machine = vm::Config::read(vmx);
    std::vector<SharedFolder> folders;
    for (Slot& slot : slots_of(machine.dictionary())) folders.push_back(std::move(slot.folder));
    return folders;
}

void add_shared_folder(const fs::path& vmx, const SharedFolder& folder,
                       const vm::Settings& settings, Progress& waiting,
                       const power::Settings* running) {
    check_name(folder.name);
    check_flags(folder.flags);
    check_host_path(folder.host_path, settings);
    change(vmx, settings, waiting, running, [&](const vm::Config&, format::Dictionary& dictionary) {
        const auto slots = slots_of(dictionary);
        if (find(slots, folder.name)) {
            throw Error{VIX_E_ALREADY_EXISTS,
                        vmx.string() + " already has a shared folder \"" + folder.name + '"'};
        }
        write_folder(dictionary, free_number(slots), folder);
        write_count(dictionary);
    });
}

void remove_shared_folder(const fs::path& vmx, const std::string& name,
                          const vm::Settings& settings, Progress& waiting,
                          const power::Settings* running) {
    change(vmx, settings, waiting, running, [&](const vm::Config&, format::Dictionary& dictionary) {
        format::remove_key_group(dictionary, kPrefix, require(dictionary, name, vmx));
        write_count(dictionary);
    });
}

void set_shared_folder(const fs::path& vmx, const SharedFolder& folder,
                       const vm::Settings& settings, Progress& waiting,
                       const power::Settings* running) {
    check_flags(folder.flags);
    change(vmx, settings, waiting, running, [&](const vm::Config&, format::Dictionary& dictionary) {
        const std::size_t number = require(dictionary, folder.name, vmx);
        check_host_path(folder.host_path, settings);
        const bool writable = (folder.flags & kSharedFolderWritable) != 0;
        dictionary.set(format::numbered_key(kPrefix, number, "hostPath"), folder.host_path);
        dictionary.set(format::numbered_key(kPrefix, number, "writeAccess"),
                       writable ? "TRUE" : "FALSE");
    });
}

void enable_shared_folders(const fs::path& vmx, bool enabled, const vm::Settings& settings,
                           Progress& waiting, const power::Settings* running) {
    change(vmx, settings, waiting, running, [&](const vm::Config&, format::Dictionary& dictionary) {
        dictionary.set(kDisabled, enabled ? "FALSE" : "TRUE");
    });
}

}  // namespace vix::ops
