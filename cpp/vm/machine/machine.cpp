#include "vm/machine/machine.h"

#include <utility>

#include "base/error.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

std::vector<fs::path> search_folders_of(const Config& config, const Settings& settings) {
    std::vector<fs::path> folders{config.folder()};
    const auto add = [&](const std::string& name) {
        if (name.empty() || name == ".") return;
        try {
            const fs::path place = settings.path_map.resolve(name);
            folders.push_back(place.is_absolute() ? place : config.folder() / place);
        } catch (const Error&) {
            // A folder on a drive that is not mapped is not searched.
        }
    };
    add(config.find("workingDir").value_or(""));
    const std::string path = config.find("fileSearchPath").value_or("");
    for (std::size_t begin = 0; begin < path.size();) {
        const std::size_t end = std::min(path.find(';', begin), path.size());
        add(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return folders;
}

}  // namespace

Machine Machine::open(const fs::path& vmx, const Settings& settings) {
    return {Config::read(vmx), settings};
}

Machine::Machine(Config config, Settings settings)
    : Config{std::move(config)},
      settings_{std::move(settings)},
      search_folders_{search_folders_of(*this, settings_)} {}

std::optional<fs::path> Machine::find_file(const NamedFile& named) const {
    return vm::find_file(named, folder(), search_folders_, settings_);
}

std::optional<fs::path> Machine::find_at_path(const NamedFile& named) const {
    return vm::find_file(named, folder(), {}, settings_);
}

fs::path Machine::find_disk(const DiskDevice& device) const {
    if (auto path = find_file(device.file)) return std::move(*path);
    throw Error{VIX_E_FILE_NOT_FOUND, "the disk " + device.file.name + " of " + device.node +
                                          " was not found; the machine is in " + folder().string()};
}

std::optional<fs::path> Machine::companion(const std::string& key,
                                           const std::string& extension) const {
    const std::string fallback = path().stem().string() + extension;
    std::string name = find(key).value_or("");
    std::string bytes = dictionary().find_bytes(key).value_or("");
    if (name.empty()) name = bytes = fallback;
    return find_at_path({name, bytes});
}

const SnapshotTree& Machine::snapshots() const& {
    if (!snapshots_are_read_) {
        snapshots_ = SnapshotTree::read(snapshot_list_path(), std::exchange(snapshots_, {}));
        snapshots_are_read_ = true;
    }
    return snapshots_;
}

SnapshotTree Machine::snapshots() && {
    static_cast<const Machine&>(*this).snapshots();
    return std::move(snapshots_);
}

void Machine::know_snapshots(SnapshotTree known) {
    snapshots_ = std::move(known);
    snapshots_are_read_ = false;
}

SnapshotTree Machine::take_snapshots() {
    static_cast<void>(snapshots());
    snapshots_are_read_ = false;
    return std::exchange(snapshots_, {});
}

void Machine::reread() {
    Config::reread();
    search_folders_ = search_folders_of(*this, settings_);
    snapshots_are_read_ = false;
}

}  // namespace vix::vm
