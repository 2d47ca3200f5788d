#include "ops/machine/power_off.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/filesystem/operations.hpp>
#include <optional>
#include <regex>

#include "io/process/environment.h"
#include "ops/clone/clone.h"
#include "power/domain/domain_identity.h"
#include "power/engine.h"
#include "power/libvirt/host.h"
#include "power/session.h"
#include "testing/machines/guest.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"
#include "testing/process/sweep.h"
#include "testing/process/waiting.h"
#include "vm/machine/power_off_action.h"
#include "vm/machine/summary.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::SnapshotMachine;
using testing::Stop;
using testing::TempFolder;
using vm::PowerOffAction;

void append(const fs::path& vmx, const std::string& lines) {
    testing::write_file(vmx, testing::read_file(vmx) + lines);
}

std::vector<std::string> before(const fs::path& vmx) {
    Progress progress;
    return before_power_on(vmx, testing::plain_settings(), progress);
}

std::vector<std::string> after(const fs::path& vmx) {
    Progress progress;
    return after_power_off(vmx, testing::plain_settings(), progress);
}

bool tells_of(const std::vector<std::string>& notes, const std::string& words) {
    return notes.size() == 1 && notes.front().find(words) != std::string::npos;
}

// Returns a machine with a snapshot, data written since, and this line in its .vmx.
SnapshotMachine written_since(const fs::path& folder, const std::string& line) {
    SnapshotMachine machine{folder};
    machine.take("clean");
    machine.write("scsi0:0", 0, 'u');
    append(machine.vmx, line);
    return machine;
}

TEST(PowerOffAction, IsReadInAnyCaseAndNeverGuessed) {
    const TempFolder folder;
    const auto action = [&](const std::string& value) {
        SnapshotMachine machine = written_since(folder / ("vm" + value), "");
        append(machine.vmx, "snapshot.action = \"" + value + "\"\n");
        return vm::power_off_action(vm::Config::read(machine.vmx), machine.tree());
    };
    EXPECT_EQ(action(""), PowerOffAction::Keep);
    EXPECT_EQ(action("keep"), PowerOffAction::Keep);
    EXPECT_EQ(action("AutoRevert"), PowerOffAction::Revert);
    EXPECT_EQ(action("autocommit"), PowerOffAction::Commit);
    EXPECT_EQ(action("prompt"), PowerOffAction::Ask);
    EXPECT_EQ(code_of([&] { action("revert"); }), VIX_E_CANNOT_READ_VM_CONFIG);
}

TEST(PowerOffAction, IsNoneWithoutASnapshot) {
    const TempFolder folder;
    SnapshotMachine machine{folder / "vm"};
    append(machine.vmx, "snapshot.action = \"autoCommit\"\n");
    EXPECT_EQ(vm::power_off_action(vm::Config::read(machine.vmx), machine.tree()),
              PowerOffAction::Keep);
    EXPECT_TRUE(before(machine.vmx).empty());
    EXPECT_TRUE(after(machine.vmx).empty());
}

TEST(PowerOff, KeepsWhatWasWrittenByDefault) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", "snapshot.action = \"keep\"\n");
    EXPECT_TRUE(after(machine.vmx).empty());
    EXPECT_TRUE(before(machine.vmx).empty());
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(PowerOff, GoesBackToTheCurrentSnapshot) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", "snapshot.action = \"autoRevert\"\n");
    EXPECT_TRUE(before(machine.vmx).empty());  // the data was written before the first run
    EXPECT_TRUE(machine.reads_as_it_should());
    EXPECT_TRUE(tells_of(after(machine.vmx), "was reverted to its snapshot \"clean\""));
    EXPECT_TRUE(machine.reads_as(machine.then.at(1)));
}

constexpr const char* kCommit = "snapshot.action = \"autoCommit\"\n";

// Returns the name of the current snapshot if its parent is `uid`; empty if not.
std::string name_above(const SnapshotMachine& machine, int uid) {
    const auto tree = machine.tree();
    const vm::Snapshot* current = tree.find(tree.current());
    return current != nullptr && current->parent == uid ? current->display_name : "";
}

TEST(PowerOff, TakesANewSnapshotAboveTheCurrentOne) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", kCommit);
    EXPECT_TRUE(before(machine.vmx).empty());  // the data was written before the first run
    EXPECT_TRUE(tells_of(after(machine.vmx), "a child of \"clean\""));
    const int taken = machine.tree().current();
    machine.then[taken] = machine.now;
    EXPECT_TRUE(machine.reads_as_it_should());
    EXPECT_EQ(machine.tree().snapshots().size(), 2U);
    const std::string name = name_above(machine, 1);
    EXPECT_TRUE(std::regex_match(name, std::regex{R"(20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC)"}))
        << name;
    machine.write("scsi0:1", 128, 'w');
    machine.revert(1);
    EXPECT_TRUE(machine.reads_as(machine.then.at(1)));
    machine.revert(taken);
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(PowerOff, TakesNoneOfAMachineThatIsUnchanged) {
    const TempFolder folder;
    SnapshotMachine machine{folder / "vm"};
    append(machine.vmx, kCommit);
    machine.take("clean");
    power::Session{vm::Machine::open(machine.vmx, testing::plain_settings()),
                   PowerOffAction::Commit}
        .keep();
    EXPECT_TRUE(tells_of(after(machine.vmx), "unchanged since its snapshot \"clean\""));
    EXPECT_EQ(machine.tree().snapshots().size(), 1U);
    EXPECT_EQ(testing::read_file(machine.vmx).find("vix.session"), std::string::npos);
}

TEST(PowerOff, ThatMayTakeNoSnapshotIsReportedAtTheStartAndFails) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", kCommit);
    append(machine.vmx, "snapshot.maxSnapshots = \"1\"\n");
    EXPECT_TRUE(tells_of(before(machine.vmx), "maxSnapshots"));
    EXPECT_EQ(code_of([&] { after(machine.vmx); }), VIX_E_SNAPSHOT_MAXSNAPSHOTS);
    EXPECT_TRUE(machine.reads_as_it_should());
    EXPECT_EQ(machine.tree().snapshots().size(), 1U);
}

TEST(PowerOff, KeepsASnapshotThatALinkedCloneDependsOn) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", kCommit);
    Progress progress;
    const fs::path clone = folder / "clone/clone.vmx";
    clone_linked({machine.vmx, clone, testing::plain_settings(), 1}, progress);
    EXPECT_TRUE(tells_of(after(machine.vmx), "a child of \"clean\""));
    EXPECT_EQ(testing::present_contents(clone), machine.then.at(1));
    EXPECT_EQ(machine.tree().find(1)->clones.size(), 1U);
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(PowerOff, ThatWouldAskKeepsAllAndTellsSo) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", "snapshot.action = \"prompt\"\n");
    EXPECT_TRUE(tells_of(before(machine.vmx), "cannot ask"));
    EXPECT_TRUE(tells_of(after(machine.vmx), "cannot ask"));
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(PowerOff, ThatCouldNotGoBackIsRefusedAtTheStart) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", "snapshot.action = \"autoRevert\"\n");
    fs::remove(folder / "vm/vm-Snapshot1.vmsn");
    EXPECT_EQ(code_of([&] { before(machine.vmx); }), VIX_E_SNAPSHOT_DUMPER);
    EXPECT_EQ(code_of([&] { after(machine.vmx); }), VIX_E_SNAPSHOT_DUMPER);
    EXPECT_EQ(testing::present_contents(machine.vmx), machine.now);
}

TEST(PowerOff, ByTheGuestGetsItsSnapshotAtTheNextStartOnce) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", kCommit);
    power::Session{vm::Machine::open(machine.vmx, testing::plain_settings()),
                   PowerOffAction::Commit}
        .keep();
    EXPECT_TRUE(tells_of(before(machine.vmx), "interrupted"));  // as after a crash of the host
    EXPECT_EQ(machine.tree().snapshots().size(), 1U);
    fs::remove(power::session_file(machine.vmx));
    EXPECT_TRUE(tells_of(before(machine.vmx), "ended by itself"));
    EXPECT_NE(name_above(machine, 1), "");
    EXPECT_TRUE(before(machine.vmx).empty());
    EXPECT_EQ(machine.tree().snapshots().size(), 2U);
    EXPECT_TRUE(machine.reads_as_it_should());
}

// A crash between the new snapshot and the line in the .vmx.
TEST(PowerOff, WithItsSnapshotTakenTakesNoSecondOne) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", kCommit);
    power::Session{vm::Machine::open(machine.vmx, testing::plain_settings()),
                   PowerOffAction::Commit}
        .keep();
    fs::remove(power::session_file(machine.vmx));
    machine.take("of the killed call");
    EXPECT_TRUE(tells_of(before(machine.vmx), "unchanged"));
    EXPECT_TRUE(before(machine.vmx).empty());
    EXPECT_EQ(machine.tree().snapshots().size(), 2U);
}

TEST(PowerOff, WhoseMissingSnapshotCannotBeTakenIsNotStarted) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", kCommit);
    power::Session{vm::Machine::open(machine.vmx, testing::plain_settings()),
                   PowerOffAction::Commit}
        .keep();
    fs::remove(power::session_file(machine.vmx));
    fs::rename(folder / "vm/disk.vmdk", folder / "away");
    EXPECT_NE(code_of([&] { before(machine.vmx); }), VIX_OK);
    fs::rename(folder / "away", folder / "vm/disk.vmdk");
    EXPECT_TRUE(tells_of(before(machine.vmx), "ended by itself"));
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(Session, BegunWithOneActionBringsNoOther) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", "snapshot.action = \"autoRevert\"\n");
    power::Session{vm::Machine::open(machine.vmx, testing::plain_settings()),
                   PowerOffAction::Commit}
        .keep();
    fs::remove(power::session_file(machine.vmx));
    EXPECT_TRUE(before(machine.vmx).empty());
    EXPECT_TRUE(machine.reads_as_it_should());
}

TEST(Session, ThatEndedIsToldFromOneThatWasInterrupted) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", "snapshot.action = \"autoRevert\"\n");
    const std::string text = testing::read_file(machine.vmx);
    const auto state = [&] { return power::session_state(vm::Config::read(machine.vmx)); };
    {
        const power::Session never{vm::Machine::open(machine.vmx, testing::plain_settings()),
                                   PowerOffAction::Revert};
    }
    EXPECT_EQ(testing::read_file(machine.vmx), text);
    EXPECT_EQ(testing::names_in(folder / "vm").find(".vix-session"), std::string::npos);
    EXPECT_EQ(state(), power::SessionState::None);
    power::Session{vm::Machine::open(machine.vmx, testing::plain_settings()),
                   PowerOffAction::Revert}
        .keep();
    EXPECT_EQ(state(), power::SessionState::Interrupted);  // as after a crash of the host
    EXPECT_TRUE(tells_of(before(machine.vmx), "interrupted"));
    EXPECT_TRUE(machine.reads_as_it_should());
    fs::remove(power::session_file(machine.vmx));
    EXPECT_EQ(state(), power::SessionState::Ended);
    EXPECT_TRUE(tells_of(before(machine.vmx), "ended by itself"));
    EXPECT_TRUE(machine.reads_as(machine.then.at(1)));
    EXPECT_EQ(state(), power::SessionState::None);
}

// A copied machine lacks the file next to the .vmx, as after a run that has ended.
TEST(Session, OfACopyHasNotEnded) {
    const TempFolder folder;
    SnapshotMachine machine{folder / "vm"};
    power::Session{vm::Machine::open(machine.vmx, testing::plain_settings()),
                   PowerOffAction::Revert}
        .keep();
    fs::create_directory(folder / "copy");
    fs::copy_file(machine.vmx, folder / "copy/vm.vmx");
    EXPECT_EQ(power::session_state(vm::Config::read(folder / "copy/vm.vmx")),
              power::SessionState::None);
}

TEST(Session, IsForgottenWhereItsMachineIsToKeepAllAfterAll) {
    const TempFolder folder;
    SnapshotMachine machine = written_since(folder / "vm", "snapshot.action = \"autoRevert\"\n");
    power::Session{vm::Machine::open(machine.vmx, testing::plain_settings()),
                   PowerOffAction::Revert}
        .keep();
    fs::remove(power::session_file(machine.vmx));
    std::string text = testing::read_file(machine.vmx);
    const auto at = text.find("autoRevert");
    text.replace(at, 10, "keep");
    testing::write_file(machine.vmx, text);
    EXPECT_TRUE(after(machine.vmx).empty());
    text = testing::read_file(machine.vmx);
    text.replace(at, 4, "autoRevert");
    testing::write_file(machine.vmx, text);
    EXPECT_TRUE(before(machine.vmx).empty());
    EXPECT_TRUE(machine.reads_as_it_should());
}

// Wherever it stops, disks and snapshots read as before, and the next start does what is missing.
class PowerOffSweep : public ::testing::TestWithParam<Stop> {};
INSTANTIATE_TEST_SUITE_P(By, PowerOffSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(PowerOffSweep, TakingANewSnapshot) {
    std::optional<SnapshotMachine> machine;
    const int steps = testing::stop_at_each_step(
        GetParam(),
        [&](const fs::path& folder) {
            machine.emplace(written_since(folder / "vm", kCommit));
            power::Session{vm::Machine::open(machine->vmx, testing::plain_settings()),
                           PowerOffAction::Commit}
                .keep();
            fs::remove(power::session_file(machine->vmx));
        },
        [&](const fs::path&, Progress& progress) {
            after_power_off(machine->vmx, testing::settings_for(GetParam()), progress);
        },
        [&](const fs::path&) {
            EXPECT_TRUE(machine->reads_as_it_should());
            before(machine->vmx);
            const auto tree = machine->tree();
            EXPECT_EQ(tree.snapshots().size(), 2U);
            EXPECT_NE(name_above(*machine, 1), "");
            machine->then[tree.current()] = machine->now;
            EXPECT_TRUE(machine->reads_as_it_should());
            EXPECT_TRUE(before(machine->vmx).empty());
        });
    EXPECT_GE(steps, 3);
}

class RealPowerOff : public ::testing::Test {
  protected:
    void SetUp() override {
        const std::string reason = testing::why_nothing_runs();
        if (!reason.empty()) GTEST_SKIP() << reason;
        machine_.emplace(
            written_since(folder_ / "vm", "snapshot.action = \"autoRevert\"\nmemsize = \"32\"\n"));
    }
    void TearDown() override {
        if (!machine_) return;
        if (engine().state(vmx()) == vm::PowerState::Running) engine().power_off(vmx());
    }

    power::Engine engine() const {
        return {testing::guest_settings(folder_ / "run"), testing::plain_settings()};
    }
    const fs::path& vmx() const { return machine_->vmx; }
    bool is_session_there() const { return fs::exists(power::session_file(vmx())); }

    // Ends the process so that no call of this library sees it.
    void end_as_its_guest_does() {
        const auto process = power::HostShell{io::Environment::of_process()}.process_of_domain(
            power::name_for(vmx()));
        ASSERT_TRUE(process);  // otherwise kill() would get a number that means other processes
        kill(process->pid, SIGKILL);
        EXPECT_TRUE(testing::wait_until([&] { return !is_session_there(); }));
        EXPECT_TRUE(
            testing::wait_until([&] { return engine().state(vmx()) == vm::PowerState::Off; }));
    }

    TempFolder folder_;
    std::optional<SnapshotMachine> machine_;
};

TEST_F(RealPowerOff, ByTheGuestGoesBackAtTheNextStart) {
    engine().power_on(vmx(), power::StartAs::Running);
    EXPECT_TRUE(is_session_there());
    engine().suspend(vmx());
    EXPECT_TRUE(is_session_there());
    EXPECT_TRUE(before(vmx()).empty());
    engine().power_on(vmx(), power::StartAs::Running);
    end_as_its_guest_does();
    EXPECT_TRUE(tells_of(before(vmx()), "ended by itself"));
    EXPECT_TRUE(machine_->reads_as(machine_->then.at(1)));
    EXPECT_TRUE(before(vmx()).empty());
}

TEST_F(RealPowerOff, ByTheGuestGetsItsNewSnapshotAtTheNextStart) {
    std::string text = testing::read_file(vmx());
    text.replace(text.find("autoRevert"), 10, "autoCommit");
    testing::write_file(vmx(), text);
    engine().power_on(vmx(), power::StartAs::Running);
    EXPECT_TRUE(is_session_there());
    end_as_its_guest_does();
    EXPECT_TRUE(tells_of(before(vmx()), "ended by itself"));
    EXPECT_NE(name_above(*machine_, 1), "");
    EXPECT_TRUE(machine_->reads_as_it_should());
    EXPECT_TRUE(before(vmx()).empty());
}

TEST_F(RealPowerOff, OfARunBegunOtherwiseLosesNothingAtTheNextStart) {
    const std::string text = testing::read_file(vmx());
    testing::write_file(vmx(), "snapshot.action = \"keep\"\n" +
                                   text.substr(0, text.find("snapshot.action")) +
                                   "memsize = \"32\"\n");
    engine().power_on(vmx(), power::StartAs::Running);
    EXPECT_FALSE(is_session_there());
    engine().power_off(vmx());
    std::string changed = testing::read_file(vmx());
    changed.replace(changed.find("\"keep\""), 6, "\"autoRevert\"");
    testing::write_file(vmx(), changed);
    EXPECT_TRUE(before(vmx()).empty());
    EXPECT_TRUE(machine_->reads_as(machine_->now));
}

}  // namespace
}  // namespace vix::ops
