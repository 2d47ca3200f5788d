#include "host/local/inventory.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <set>

#include "base/error.h"
#include "host/local/inventory_file.h"
#include "host/local/processes.h"
#include "io/files/file.h"
#include "io/files/real_path.h"
#include "io/files/replacement.h"
#include "io/locks/lock.h"
#include "power/engine.h"
#include "vm/machine/running_mark.h"

namespace fs = boost::filesystem;

namespace vix::host {
namespace {

constexpr std::uint64_t kInventoryLimit = std::uint64_t{64} << 20;
constexpr std::chrono::seconds kPatience{30};

// Follows a symbolic link, so that replacing the file keeps the link.
fs::path file_of(const vm::Settings& settings) {
    if (settings.inventory_file.empty()) {
        throw Error{VIX_E_FILE_NOT_FOUND,
                    "there is no inventory: set inventory.file = \"/folder/inventory.vmls\" or the "
                    "environment variable HOME"};
    }
    boost::system::error_code error;
    const fs::path real = fs::canonical(settings.inventory_file, error);
    return error ? settings.inventory_file : real;
}

InventoryFile read(const vm::Settings& settings) {
    const fs::path& path = settings.inventory_file;
    if (path.empty()) return InventoryFile::parse("", "");
    try {
        return InventoryFile::parse(io::read_text(path, kInventoryLimit), path.string());
    } catch (const Error& error) {
        if (error.code() == VIX_E_FILE_NOT_FOUND) return InventoryFile::parse("", "");
        throw;
    }
}

// The path of an entry on this host; unchanged if its drive is not mapped.
fs::path place_of(const std::string& entry, const vm::Settings& settings) {
    try {
        return settings.path_map.resolve(entry);
    } catch (const Error&) {
        return entry;
    }
}

// Identifies a machine by its path with all symbolic links resolved. Two paths to different files
// cannot be the same machine; checking that first makes a comparison with a thousand entries cheap.
class Identity {
  public:
    explicit Identity(const fs::path& path)
        : path_{path}, canonical_{io::real_path(path)}, there_{look(path, status_)} {}

    bool is(const fs::path& other) const {
        if (other == path_) return true;
        struct stat status {};
        if (look(other, status) != there_) return false;
        if (there_ && (status.st_ino != status_.st_ino || status.st_dev != status_.st_dev)) {
            return false;
        }
        if (!there_ && other.filename() != path_.filename()) return false;
        boost::system::error_code error;
        return fs::weakly_canonical(other, error) == canonical_ && !error;
    }

  private:
    static bool look(const fs::path& path, struct stat& status) {
        return stat(path.c_str(), &status) == 0;
    }

    fs::path path_;
    fs::path canonical_;
    struct stat status_ {};
    bool there_;
};

// All entries for the machine, spelt as in the file.
std::vector<std::string> entries_of(const fs::path& vmx, const InventoryFile& inventory,
                                    const vm::Settings& settings) {
    const Identity machine{vmx};
    std::vector<std::string> entries;
    for (const std::string& entry : inventory.machines()) {
        if (machine.is(place_of(entry, settings))) entries.push_back(entry);
    }
    return entries;
}

fs::path full_path(const fs::path& vmx) {
    return fs::absolute(vmx).lexically_normal();
}

InventoryEntry describe(const vm::Machine& machine) {
    InventoryEntry entry;
    entry.vmx = machine.path().string();
    entry.display_name = machine.display_name();
    entry.config_version = machine.find("config.version").value_or("");
    entry.uuid = machine.find("uuid.bios").value_or("");
    try {
        entry.linked_clone = !machine.snapshots().clone_of().empty();
    } catch (const Error&) {
        // Only a detail of the entry. A call that needs the snapshots will report the error.
    }
    return entry;
}

void write(const fs::path& file, const InventoryFile& inventory, const vm::Settings& settings) {
    io::replace_file(file, inventory.to_bytes(), settings.durability);
}

bool is_held_as_running(const fs::path& vmx, const vm::Settings& settings) {
    try {
        return vm::running_mark(vm::Machine::open(vmx, settings)).has_value();
    } catch (const Error&) {
        return false;  // deleted, or no longer a .vmx
    }
}

// Empty if libvirt cannot be asked: then no machine of ours runs, or its lock shows it.
std::vector<fs::path> our_machines(const vm::Settings& settings,
                                   const power::Settings& power_settings) {
    try {
        return power::Engine{power_settings, settings}.running_machines();
    } catch (const Error&) {
        return {};
    }
}

// Collects each machine once, by the first path that leads to it.
class Found {
  public:
    void add(const fs::path& vmx) {
        boost::system::error_code error;
        const fs::path canonical = fs::weakly_canonical(vmx, error);
        if (known_.insert(error ? vmx : canonical).second) paths_.push_back(vmx.string());
    }
    std::vector<std::string> take() { return std::move(paths_); }

  private:
    std::set<fs::path> known_;
    std::vector<std::string> paths_;
};

}  // namespace

void register_machine(const fs::path& vmx, const vm::Settings& settings, Progress& waiting) {
    const fs::path path = full_path(vmx);
    boost::system::error_code error;
    if (!fs::exists(path, error)) {
        throw Error{VIX_E_NOT_FOUND, path.string() + ": this virtual machine does not exist"};
    }
    const InventoryEntry entry = describe(vm::Machine::open(path, settings));
    const fs::path file = file_of(settings);
    if (!entries_of(path, read(settings), settings).empty()) return;
    // If this fails, the lock reports the missing folder.
    fs::create_directories(file.parent_path(), error);
    const io::Lock lock{file, io::LockKind::Exclusive, {kPatience, &waiting}};
    InventoryFile inventory = read(settings);
    if (!entries_of(path, inventory, settings).empty()) return;
    inventory.add(entry);
    write(file, inventory, settings);
}

void unregister_machine(const fs::path& vmx, const vm::Settings& settings, Progress& waiting) {
    const fs::path path = full_path(vmx);
    // Check before locking, because the lock needs a writable folder.
    if (entries_of(path, read(settings), settings).empty()) return;
    if (is_held_as_running(path, settings)) {
        throw Error{VIX_E_VM_IS_RUNNING,
                    path.string() + " is running and stays in the inventory; power it off first"};
    }
    const fs::path file = file_of(settings);
    const io::Lock lock{file, io::LockKind::Exclusive, {kPatience, &waiting}};
    InventoryFile inventory = read(settings);
    for (const std::string& entry : entries_of(path, inventory, settings)) inventory.remove(entry);
    write(file, inventory, settings);
}

std::vector<std::string> registered_machines(const vm::Settings& settings) {
    std::vector<std::string> paths;
    for (const std::string& entry : read(settings).machines()) {
        paths.push_back(place_of(entry, settings).string());
    }
    return paths;
}

std::vector<std::string> running_machines(const vm::Settings& settings,
                                          const power::Settings& power_settings) {
    Found found;
    for (const fs::path& vmx : our_machines(settings, power_settings)) found.add(vmx);
    for (const fs::path& vmx : machines_of_vmware_processes()) found.add(vmx);
    for (const std::string& vmx : registered_machines(settings)) {
        if (is_held_as_running(vmx, settings)) found.add(vmx);
    }
    return found.take();
}

}  // namespace vix::host
