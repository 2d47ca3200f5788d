#include "ops/snapshots/live_snapshot.h"

#include <boost/filesystem/operations.hpp>

#include "base/text.h"
#include "io/files/folder.h"
#include "ops/machine/machine_lock.h"
#include "ops/snapshots/disk_change.h"
#include "ops/snapshots/disk_family.h"
#include "ops/snapshots/list/snapshot_list.h"
#include "ops/snapshots/new_snapshot.h"
#include "power/libvirt/host.h"
#include "power/running_machine.h"
#include "vm/snapshots/machine_state.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::Machine;

// The host's page cache may still hold data of the disks to freeze; it must be synced too.
std::vector<fs::path> files_of_disks(const Machine& machine) {
    const vm::Settings& settings = machine.settings();
    std::vector<fs::path> files;
    for (const vm::DiskDevice& device : machine.disks()) {
        const vm::Disk disk =
            vm::open_disk(machine.find_disk(device), machine.search_folders(), settings);
        for (const fs::path& file : files_of(disk.chain.front(), settings)) files.push_back(file);
    }
    return files;
}

std::vector<power::ServedChild> served_disks(const Machine& machine) {
    std::vector<power::ServedChild> served;
    for (const vm::DiskDevice& device : machine.disks()) {
        served.push_back({to_lower(device.node), fs::canonical(machine.find_disk(device))});
    }
    return served;
}

}  // namespace

int create_live_snapshot(const SnapshotRequest& request, Memory memory,
                         const power::Settings& power_settings, Progress& progress) {
    const vm::Settings& settings = request.settings;
    const bool with_memory = memory == Memory::Included;
    const power::Connection connection{power_settings};
    power::RunningMachine running{request.vmx, connection, power_settings, settings};
    const Machine machine = Machine::open(request.vmx, settings);
    refuse_encrypted(machine, kStateNeedsKey);
    refuse_shared_disks(machine);
    refuse_independent_disks(machine, with_memory);
    vm::SnapshotTree tree = machine.snapshots();
    const std::vector<std::string> names = io::names_in(machine.folder());
    note_lost_snapshots(machine, names, progress);
    vm::Snapshot snapshot = new_snapshot(machine, names);
    snapshot.display_name = request.name;
    snapshot.description = request.description;
    snapshot.with_memory = with_memory;
    tree.add(snapshot);

    ChangeOfDisks change{machine};
    change.children().avoid(machine, tree, names);
    const fs::path plain = vm::plain_memory_path(state_file(machine, snapshot));
    const fs::path dump = fs::path{plain}.replace_extension(".core.vmem");
    const bool with_plain = with_memory && settings.plain_memory;
    std::vector<fs::path> files = state_files_to_make(machine, snapshot);
    if (with_plain) files.push_back(plain);
    change.pending().add(files);
    if (with_plain) change.pending().add({dump});
    using power::GuestFiles;
    running.stand_still(with_memory ? GuestFiles::AsTheyAre : GuestFiles::Frozen);
    for (const vm::DiskDevice& device : machine.disks()) change.children().plan(device, machine);
    change.begin();
    if (with_memory) running.save_memory(memory_file(machine, snapshot));
    progress.checkpoint("the memory is saved");
    if (with_plain) {
        running.save_plain_memory(plain, dump);
        progress.checkpoint("the plain memory is saved");
    }
    change.children().build(progress);
    write_state(machine, snapshot);
    auto also = files_of_disks(machine);
    for (const fs::path& file : files) {
        also.push_back(file);
        also.push_back(file.parent_path());
    }
    change.commit(on_disks(machine.dictionary(), change.children().names()), tree, also, progress,
                  [&] { running.put_on(served_disks(Machine::open(request.vmx, settings))); });
    change.pending().done();
    running.go_on();
    return snapshot.uid;
}

}  // namespace vix::ops
