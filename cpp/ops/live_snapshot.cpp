#include "ops/live_snapshot.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "io/replacement.h"
#include "ops/child_disks.h"
#include "ops/disk_family.h"
#include "ops/machine_lock.h"
#include "ops/new_snapshot.h"
#include "power/host.h"
#include "power/running_machine.h"
#include "vm/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::Config;

// The files of a snapshot that the list does not tell of yet.
class StateFiles {
  public:
    StateFiles() = default;
    ~StateFiles() {
        for (const fs::path& file : files_) unlink(file.c_str());
    }
    StateFiles(const StateFiles&) = delete;
    StateFiles& operator=(const StateFiles&) = delete;

    // Also what the host's kernel keeps of disks that are frozen now.
    void sync(std::vector<fs::path> also) const {
        also.insert(also.end(), files_.begin(), files_.end());
        io::sync_all(also);
    }
    void adopt(std::vector<fs::path> files) { files_ = std::move(files); }
    void keep() noexcept { files_.clear(); }

  private:
    std::vector<fs::path> files_;
};

class LiveSnapshot {
  public:
    LiveSnapshot(const SnapshotRequest& request, Memory memory,
                 const power::Settings& power_settings, Progress& progress)
        : request_{request},
          settings_{request.settings},
          with_memory_{memory == Memory::Included},
          progress_{progress},
          connection_{power::uri_for(power_settings)},
          running_{request.vmx, connection_, power_settings, settings_},
          machine_{Config::read(request.vmx)},
          list_{vm::snapshot_list_path(request.vmx)},
          tree_{vm::SnapshotTree::read(list_)},
          snapshot_{new_snapshot(request, machine_, tree_)},
          children_{settings_} {
        snapshot_.with_memory = with_memory_;
        tree_.add(snapshot_);
        state_.adopt(state_files_to_make(machine_, snapshot_));
    }

    int take() {
        refuse_encrypted(machine_);
        refuse_shared_disks(machine_, settings_);
        refuse_independent_disks(machine_, with_memory_);
        using power::GuestFiles;
        running_.stand_still(with_memory_ ? GuestFiles::AsTheyAre : GuestFiles::Frozen);
        if (with_memory_) {
            const fs::path memory = memory_file(machine_.folder(), snapshot_);
            unlink(memory.c_str());
            running_.save_memory(memory);
            progress_.checkpoint("the memory is saved");
        }
        make_children();
        go_over();
        record();
        running_.go_on();
        return snapshot_.uid;
    }

  private:
    bool is_synced() const { return settings_.durability == vm::Durability::Synced; }

    void make_children() {
        for (const vm::DiskDevice& device : machine_.disks()) {
            children_.add(device, machine_, progress_);
        }
        write_state(machine_, snapshot_, settings_);
        children_.sync();
        if (is_synced()) state_.sync(frozen_disks());
        progress_.checkpoint("children are there");
    }

    std::vector<fs::path> frozen_disks() const {
        std::vector<fs::path> files;
        for (const vm::DiskDevice& device : machine_.disks()) {
            const fs::path disk = vm::find_disk(device, machine_, settings_);
            const auto search = machine_.search_folders(settings_);
            const vm::DiskLink link = vm::open_disk(disk, search, settings_).chain.front();
            for (const fs::path& file : files_of(link, settings_)) files.push_back(file);
        }
        return files;
    }

    // The .vmx, and then what runs.
    void go_over() {
        const auto config = on_disks(machine_.dictionary(), children_.names());
        io::replace_file(request_.vmx, config.to_bytes(), settings_.durability);
        try {
            progress_.checkpoint("the .vmx is on the new disks");
            std::vector<power::ServedChild> served;
            const Config changed = Config::read(request_.vmx);
            for (const vm::DiskDevice& device : changed.disks()) {
                served.push_back({to_lower(device.node),
                                  fs::canonical(vm::find_disk(device, changed, settings_))});
            }
            progress_.point_of_no_return();
            running_.put_on(served);
        } catch (...) {
            io::replace_file(request_.vmx, machine_.dictionary().to_bytes(), settings_.durability);
            throw;
        }
        children_.keep();
    }

    // Where this fails the machine runs on a chain that is one longer than its list tells.
    void record() {
        progress_.checkpoint("the machine is on its new disks");
        io::replace_file(list_, tree_.to_bytes(), settings_.durability);
        state_.keep();
    }

    const SnapshotRequest& request_;
    const vm::Settings& settings_;
    bool with_memory_;
    Progress& progress_;
    power::Connection connection_;
    power::RunningMachine running_;
    Config machine_;
    fs::path list_;
    vm::SnapshotTree tree_;
    vm::Snapshot snapshot_;
    StateFiles state_;
    ChildDisks children_;
};

}  // namespace

int create_live_snapshot(const SnapshotRequest& request, Memory memory,
                         const power::Settings& power_settings, Progress& progress) {
    return LiveSnapshot{request, memory, power_settings, progress}.take();
}

}  // namespace vix::ops
