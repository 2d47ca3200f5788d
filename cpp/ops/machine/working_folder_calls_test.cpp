// Tests machines with another working folder: the states of their snapshots go there. No file of
// others there is ever touched.
#include <gtest/gtest.h>

#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <optional>
#include <set>

#include "ops/clone/clone.h"
#include "ops/machine/remove.h"
#include "ops/snapshots/snapshot.h"
#include "power/domain/domain_identity.h"
#include "testing/disks/alike.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"
#include "testing/process/sweep.h"
#include "testing/process/temp_folder.h"
#include "vm/machine/working_folder.h"

namespace vix::ops::working_folder_calls_test {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::names_in;
using testing::SnapshotMachine;
using testing::Stop;
using testing::stop_at_each_step;
using testing::TempFolder;

constexpr const char* kStates = "workingDir = \"../work\"\n";
constexpr const char* kDisks = "snapshot.redoNotWithParent = \"TRUE\"\n";

void append(const fs::path& vmx, const std::string& lines) {
    testing::write_file(vmx, testing::read_file(vmx) + lines);
}

SnapshotMachine machine_in(const fs::path& folder, const std::string& lines = kStates) {
    fs::create_directories(folder.parent_path() / "work");
    SnapshotMachine machine{folder};
    append(machine.vmx, lines);
    return machine;
}

std::string digits_of(const SnapshotMachine& machine) {
    return power::digits_for(power::canonical_path(machine.vmx));
}

std::string sorted(const std::set<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : " ") + name;
    return list;
}

void delete_machine(const fs::path& vmx) {
    Progress progress;
    remove_machine(vmx, RemoveDisks::Yes, testing::plain_settings(), progress);
}

TEST(WorkingFolderOf, SnapshotsHoldsTheirStates) {
    const TempFolder folder;
    SnapshotMachine machine = machine_in(folder / "vm");
    folder.write("vm/vm.vmsd", "");
    const std::string before = names_in(folder / "vm");
    const int uid = machine.take("first");
    machine.write("scsi0:0", 0, 'u');
    EXPECT_EQ(names_in(folder / "work"), "vm-" + digits_of(machine) + "-Snapshot1.vmsn");
    EXPECT_EQ(names_in(folder / "vm").find(".vmsn"), std::string::npos);
    EXPECT_NE(names_in(folder / "vm").find("disk-000002.vmdk"), std::string::npos);
    machine.revert(uid);
    EXPECT_TRUE(machine.reads_as_it_should());
    machine.write("scsi0:1", 0, 'v');
    machine.remove(uid);
    EXPECT_TRUE(machine.reads_as_it_should());
    EXPECT_EQ(names_in(folder / "work"), "");
    EXPECT_EQ(names_in(folder / "vm").size(), before.size());
}

TEST(WorkingFolderOf, AMachineTakesNoDisksElsewhere) {
    const TempFolder folder;
    SnapshotMachine machine = machine_in(folder / "vm");
    const int uid = machine.take("first");
    machine.write("scsi0:0", 0, 'u');
    append(machine.vmx, kDisks);
    const auto before = testing::tree_without_locks(folder.path());
    EXPECT_EQ(code_of([&] { machine.take("second"); }), VIX_E_NOT_SUPPORTED);
    EXPECT_TRUE(testing::alike(testing::tree_without_locks(folder.path()), before));
    machine.revert(uid);
    EXPECT_TRUE(machine.reads_as_it_should());
}

// Scripts for ESX use this: the disk belongs to a master, and the machine keeps its changes in its
// own folder.
TEST(WorkingFolderOf, DisksIsTheMachinesOwnByDefault) {
    const TempFolder folder;
    folder.write("master/disk.vmdk", testing::mono_disk("disk.vmdk", 'm', 1));
    const fs::path vmx =
        folder.write("vm/vm.vmx", testing::vmx_with_disks({"scsi0:0=../master/disk.vmdk"}) +
                                      "snapshot.redoNotWithParent = \"TRUE\"\n");
    SnapshotMachine machine{vmx, testing::present_contents(vmx)};
    machine.take("first");
    machine.write("scsi0:0", 0, 'u');
    EXPECT_EQ(names_in(folder / "master"), "disk.vmdk");
    EXPECT_EQ(testing::present_disk(vmx, "scsi0:0"), "disk-000001.vmdk");
    EXPECT_TRUE(machine.reads_as_it_should());
    delete_machine(vmx);
    EXPECT_EQ(names_in(folder / "master"), "disk.vmdk");
}

TEST(WorkingFolderOf, TwoMachinesOfOneNameKeepsThemApart) {
    const TempFolder folder;
    SnapshotMachine one = machine_in(folder / "one/vm", "workingDir = \"../../work\"\n");
    SnapshotMachine other = machine_in(folder / "other/vm", "workingDir = \"../../work\"\n");
    fs::create_directories(folder / "work");
    folder.write("work/vm-Snapshot1.vmsn", "somebody's");
    folder.write("work/notes.txt", "somebody's");
    const int uid = one.take("a");
    one.write("scsi0:0", 0, 'u');
    other.take("b");
    other.write("scsi0:0", 0, 'x');
    delete_machine(other.vmx);
    EXPECT_EQ(
        names_in(folder / "work"),
        sorted({"notes.txt", "vm-" + digits_of(one) + "-Snapshot1.vmsn", "vm-Snapshot1.vmsn"}));
    one.revert(uid);
    EXPECT_TRUE(one.reads_as_it_should());
}

TEST(WorkingFolderOf, ACopiedMachineKeepsWhatTheOriginalNeeds) {
    const TempFolder folder;
    SnapshotMachine machine = machine_in(folder / "vm");
    const int uid = machine.take("first");
    machine.write("scsi0:0", 0, 'u');
    fs::create_directory(folder / "copy");
    for (const auto& file : fs::directory_iterator{folder / "vm"}) {
        fs::copy_file(file.path(), folder / "copy" / file.path().filename());
    }
    Progress progress;
    remove_snapshot(folder / "copy/vm.vmx", uid, RemoveChildren::No, testing::plain_settings(),
                    progress);
    delete_machine(folder / "copy/vm.vmx");
    machine.revert(uid);
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(WorkingFolderOf, AMachineIsNotThatOfItsClones) {
    const TempFolder folder;
    SnapshotMachine machine = machine_in(folder / "vm");
    const int uid = machine.take("first");
    machine.write("scsi0:0", 0, 'u');
    const std::string work = names_in(folder / "work");
    Progress progress;
    const vm::Settings settings = testing::plain_settings();
    clone_full({machine.vmx, folder / "full/full.vmx", settings}, progress);
    clone_full({machine.vmx, folder / "then/then.vmx", settings, uid}, progress);
    clone_linked({machine.vmx, folder / "linked/linked.vmx", settings, uid}, progress);
    EXPECT_EQ(testing::present_contents(folder / "full/full.vmx"), machine.now);
    EXPECT_EQ(testing::present_contents(folder / "then/then.vmx"), machine.then.at(uid));
    EXPECT_EQ(testing::present_contents(folder / "linked/linked.vmx"), machine.then.at(uid));
    for (const char* clone : {"full/full.vmx", "then/then.vmx", "linked/linked.vmx"}) {
        const vm::Config config = vm::Config::read(folder / clone);
        EXPECT_EQ(config.find("workingDir").value_or(""), ".") << clone;
        create_snapshot({folder / clone, "own", "", settings}, progress);
        delete_machine(folder / clone);
    }
    EXPECT_EQ(names_in(folder / "work"), work);
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(WorkingFolderOf, AMachineThatIsMissingKeepsItsSnapshotsFromBeingTaken) {
    const TempFolder folder;
    SnapshotMachine machine{folder / "vm"};
    append(machine.vmx, kStates);
    const auto before = testing::tree_without_locks(folder.path());
    EXPECT_EQ(code_of([&] { machine.take("first"); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_TRUE(testing::alike(testing::tree_without_locks(folder.path()), before));
}

// VMware's products may have left states with the usual names there, and lost snapshot lists.
TEST(WorkingFolderOf, AMachineIsNeverOverwritten) {
    const TempFolder folder;
    SnapshotMachine machine = machine_in(folder / "vm");
    const std::string stem = "work/vm-" + digits_of(machine) + "-Snapshot1";
    folder.write(stem + ".vmsn", "of a list that was lost");
    const int uid = machine.take("first");
    machine.write("scsi0:0", 0, 'u');
    EXPECT_EQ(testing::read_file(folder / (stem + ".vmsn")), "of a list that was lost");
    machine.revert(uid);
    EXPECT_TRUE(machine.reads_as_it_should());
    machine.remove(uid);
    EXPECT_EQ(testing::read_file(folder / (stem + ".vmsn")), "of a list that was lost");
}

class KeepsNotes : public Progress {
  public:
    void note(const std::string& text) override { notes += text + '\n'; }
    std::string notes;
};

// Renames the state as VMware's products do: the name does not show that no copy of the machine
// needs it.
fs::path give_vmwares_name(const SnapshotMachine& machine, const std::string& recorded) {
    const fs::path list = vm::snapshot_list_path(machine.vmx);
    const fs::path work = machine.vmx.parent_path().parent_path() / "work";
    const std::string own = (work / names_in(work)).string();
    fs::rename(own, work / "vm-Snapshot1.vmsn");
    std::string text = testing::read_file(list);
    text.replace(text.find(own), own.size(), recorded);
    testing::write_file(list, text);
    return work / "vm-Snapshot1.vmsn";
}

TEST(WorkingFolderOf, AMachineKeepsStatesThatVMwareNamedAndReportsThem) {
    for (const bool whole_path : {true, false}) {
        const TempFolder folder;
        SnapshotMachine machine = machine_in(folder / "vm");
        const int uid = machine.take("first");
        const std::string path = (folder / "work/vm-Snapshot1.vmsn").string();
        const fs::path state = give_vmwares_name(machine, whole_path ? path : "vm-Snapshot1.vmsn");
        machine.write("scsi0:0", 0, 'u');
        machine.revert(uid);
        EXPECT_TRUE(machine.reads_as_it_should());
        KeepsNotes removal;
        remove_snapshot(machine.vmx, uid, RemoveChildren::No, testing::plain_settings(), removal);
        EXPECT_NE(removal.notes.find("are kept, because another machine may need them: " + path),
                  std::string::npos)
            << removal.notes;
        EXPECT_TRUE(fs::exists(state));
        append(machine.vmx, "checkpoint.vmState = \"" +
                                (whole_path ? path : std::string{"vm-Snapshot1.vmsn"}) + "\"\n");
        KeepsNotes deletion;
        remove_machine(machine.vmx, RemoveDisks::Yes, testing::plain_settings(), deletion);
        EXPECT_NE(deletion.notes.find("need them: " + path), std::string::npos) << deletion.notes;
        EXPECT_EQ(names_in(folder / "work"), "vm-Snapshot1.vmsn");
    }
}

TEST(WorkingFolderOf, AMachineReportsNoStateOfItsOwn) {
    const TempFolder folder;
    SnapshotMachine machine = machine_in(folder / "vm");
    machine.take("first");
    KeepsNotes deletion;
    remove_machine(machine.vmx, RemoveDisks::Yes, testing::plain_settings(), deletion);
    EXPECT_EQ(deletion.notes, "");
    EXPECT_EQ(names_in(folder / "work"), "");
}

class WorkingFolderSweep : public ::testing::TestWithParam<Stop> {
  protected:
    static vm::Settings settings() { return testing::settings_for(GetParam()); }

    template <typename Operation>
    void sweep(Operation operation) {
        std::optional<SnapshotMachine> machine;
        int uid = 0;
        const int steps = stop_at_each_step(
            GetParam(),
            [&](const fs::path& folder) {
                machine.emplace(machine_in(folder / "vm"));
                uid = machine->take("first");
                machine->write("scsi0:0", 0, 'u');
                machine->take("second");
                machine->write("scsi0:1", 0, 'v');
            },
            [&](const fs::path&, Progress& progress) { operation(*machine, uid, progress); },
            [&](const fs::path& folder) {
                if (!machine->reads_as(machine->now)) machine->now = machine->then.at(uid);
                EXPECT_TRUE(machine->reads_as_it_should());
                const int after = machine->take("after");
                machine->write("scsi0:0", 256, 'y');
                machine->revert(after);
                EXPECT_TRUE(machine->reads_as_it_should());
                machine->remove(after);
                EXPECT_TRUE(machine->reads_as_it_should());
                delete_machine(machine->vmx);
                EXPECT_EQ(names_in(folder), "work");
                EXPECT_EQ(names_in(folder / "work"), "");
            });
        EXPECT_GE(steps, 3);
    }
};

INSTANTIATE_TEST_SUITE_P(By, WorkingFolderSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(WorkingFolderSweep, TakingOne) {
    sweep([](SnapshotMachine& machine, int, Progress& progress) {
        create_snapshot({machine.vmx, "new", "", settings()}, progress);
    });
}

TEST_P(WorkingFolderSweep, GoingBack) {
    sweep([](SnapshotMachine& machine, int uid, Progress& progress) {
        revert_to_snapshot(machine.vmx, uid, settings(), progress);
    });
}

TEST_P(WorkingFolderSweep, RemovingOne) {
    sweep([](SnapshotMachine& machine, int uid, Progress& progress) {
        remove_snapshot(machine.vmx, uid, RemoveChildren::Yes, settings(), progress);
    });
}

}  // namespace
}  // namespace vix::ops::working_folder_calls_test
