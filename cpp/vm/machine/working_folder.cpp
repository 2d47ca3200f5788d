#include "vm/machine/working_folder.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "io/files/file.h"
#include "io/files/same_file.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

constexpr const char* kKey = "workingDir";
constexpr const char* kRedoKey = "snapshot.redoNotWithParent";

// A folder may be written as "snapshots/".
std::string without_final_separators(std::string name) {
    while (name.size() > 1 && (name.back() == '/' || name.back() == '\\')) name.pop_back();
    return name;
}

}  // namespace

fs::path working_folder(const Machine& machine) {
    const std::string text = machine.find(kKey).value_or("");
    const std::string name = without_final_separators(text);
    if (name.empty() || name == ".") return machine.folder();
    const auto setting = [&] { return machine.path().string() + ": workingDir = \"" + text + '"'; };
    std::optional<fs::path> found;
    try {
        const std::string bytes = machine.dictionary().find_bytes(kKey).value_or("");
        found = machine.find_at_path({name, without_final_separators(bytes)});
    } catch (const Error& error) {
        throw Error{error.code(), setting() + " cannot be used: " + error.detail()};
    }
    boost::system::error_code ignored;
    if (found && fs::is_directory(*found, ignored)) {
        return io::is_same_file(*found, machine.folder()) ? machine.folder()
                                                          : fs::canonical(*found);
    }
    throw Error{VIX_E_FILE_NOT_FOUND,
                setting() + " does not name an existing folder. Create it, or correct the setting"};
}

std::optional<fs::path> find_working_folder(const Machine& machine) {
    try {
        return working_folder(machine);
    } catch (const Error& error) {
        if (is_exhaustion(error.code())) throw;
        return std::nullopt;
    }
}

bool works_in_own_folder(const Machine& machine) {
    return find_working_folder(machine) == machine.folder();
}

std::optional<fs::path> redo_folder(const Machine& machine) {
    const bool own = machine.is_true(kRedoKey) && works_in_own_folder(machine);
    return own ? std::optional{machine.folder()} : std::nullopt;
}

void refuse_redo_elsewhere(const Machine& machine) {
    if (!machine.is_true(kRedoKey) || works_in_own_folder(machine)) return;
    throw Error{VIX_E_NOT_SUPPORTED,
                machine.path().string() + ": " + kRedoKey +
                    " = \"TRUE\" is not supported while workingDir is another folder. Set it to "
                    "\"FALSE\"; new disks are then made next to the disks that they depend on"};
}

void refuse_list_elsewhere(const Machine& machine) {
    const auto folder = find_working_folder(machine);
    if (!folder || *folder == machine.folder()) return;
    const fs::path own = machine.snapshot_list_path();
    const fs::path other = *folder / own.filename();
    if (!io::identity_of(other) || SnapshotTree::read(other).snapshots().empty()) return;
    if (!machine.snapshots().snapshots().empty()) return;
    throw Error{VIX_E_SNAPSHOT_CONFIG,
                other.string() + " is a snapshot list, but " + own.string() +
                    " has no snapshots. If the list belongs to this machine, move it next to the "
                    ".vmx; otherwise give the machine another workingDir"};
}

fs::path state_place(const NamedFile& named, const Machine& machine) {
    std::vector<fs::path> search;
    if (const auto folder = find_working_folder(machine)) search.push_back(*folder);
    if (const auto path = find_file(named, machine.folder(), search, machine.settings()))
        return *path;
    const fs::path name{named.name};
    return name.is_absolute() ? name : machine.folder() / name;
}

}  // namespace vix::vm
