// Merges disks of a machine that really runs. Whatever fails or is killed meanwhile, the .vmx names
// disks that read as the guest left them, and no write of the guest is lost.
#include "ops/snapshots/live_merge.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <boost/filesystem/directory.hpp>
#include <functional>
#include <set>
#include <thread>

#include "ops/clone/clone.h"
#include "ops/machine/remove.h"
#include "ops/snapshots/snapshot.h"
#include "power/libvirt/host.h"
#include "power/running_machine.h"
#include "testing/machines/live_machine.h"
#include "testing/machines/lossy_monitor.h"
#include "testing/process/sweep.h"
#include "testing/process/waiting.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::Stop;

using testing::LossyMonitor;

// The guest wrote to the base disk, the delta and the current disk, 64 KiB each.
class LiveMerges : public testing::LiveMachine {
  protected:
    void run_on_three_disks() {
        start();
        write('1', "0 64k");
        first_ = take(Memory::LeftOut);
        write('2', "64k 64k");
        second_ = take(Memory::LeftOut);
        write('3', "128k 64k");
    }
    void remove(int uid, Progress& progress) {
        remove_live_snapshot(vmx_, uid, RemoveChildren::No, settings_,
                             testing::guest_settings(folder_ / "run"), progress);
    }
    // What a call does that finds the machine held by a killed one.
    void recover() {
        power::take_up_held(vmx_, testing::guest_settings(folder_ / "run"), settings_);
    }
    // The first byte of each piece that was written, as QEMU reads it.
    std::string read_pieces(const std::string& node) const {
        const vm::Machine machine = vm::Machine::open(vmx_, settings_);
        for (const vm::DiskDevice& device : machine.disks()) {
            if (device.node == node) return pieces_of(machine.find_disk(device));
        }
        return {};
    }
    std::string pieces_of(const fs::path& disk) const {
        const std::string bytes = read_file_of(disk);
        return {bytes.at(0), bytes.at(64 << 10), bytes.at(128 << 10)};
    }
    std::size_t links(const std::string& node) const {
        const vm::Machine machine = vm::Machine::open(vmx_, settings_);
        for (const vm::DiskDevice& device : machine.disks()) {
            if (device.node != node) continue;
            return vm::open_disk(machine.find_disk(device), {}, settings_).chain.size();
        }
        return 0;
    }

    // Copies the machine as a host that crashes now would leave it, and lets QEMU read the copy.
    void expect_that_a_crash_leaves(const std::string& pieces) {
        const testing::TempFolder copy;
        for (const auto& file : fs::directory_iterator{vmx_.parent_path()}) {
            if (!fs::is_regular_file(file.path())) continue;
            fs::copy_file(file.path(), copy.path() / file.path().filename());
        }
        const vm::Machine machine = vm::Machine::open(copy / "vm.vmx", settings_);
        const auto list = vm::SnapshotTree::read(copy / "vm.vmsd");
        for (const vm::DiskDevice& device : machine.disks()) {
            const fs::path disk = machine.find_disk(device);
            EXPECT_EQ(pieces_of(disk), pieces) << disk;
            for (const vm::Snapshot& snapshot : list.snapshots()) {
                for (const auto& frozen : snapshot.disks) {
                    EXPECT_NE(frozen.file.name, disk.filename());
                }
            }
        }
    }

    int first_ = 0;
    int second_ = 0;
};

TEST_F(LiveMerges, OfTheTopmostDiskComeAboutWhileTheMachineRuns) {
    run_on_three_disks();
    remove(second_, progress_);
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
    EXPECT_EQ(links("scsi0:0") + links("scsi0:1"), 4U);
    EXPECT_EQ(names(),
              "a-000003.vmdk a-000003.vmdk.lck a.vmdk b-000003.vmdk b-000003.vmdk.lck b.vmdk "
              "vm-Snapshot1.vmsn vm.vmsd vm.vmx vm.vmx.lck");
    write('4', "128k 64k");
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:0"), "124");
    EXPECT_EQ(read_pieces("scsi0:1"), "124");
    revert(first_);
    EXPECT_EQ(read_pieces("scsi0:0").substr(0, 1), "1");
    remove_snapshot(vmx_, first_, RemoveChildren::No, settings_, progress_);
    EXPECT_EQ(names(), "a.vmdk b.vmdk vm.vmsd vm.vmx");
}

// Does something each time that an operation comes to that step.
class DoesAt : public Progress {
  public:
    DoesAt(std::string step, std::function<void()> action)
        : step_{std::move(step)}, action_{std::move(action)} {}
    void checkpoint(const char* step) override {
        if (step_ == step) action_();
    }
    void note(const std::string& text) override { notes += text + '\n'; }
    std::string notes;

  private:
    std::string step_;
    std::function<void()> action_;
};

TEST_F(LiveMerges, KeepWhatTheGuestWritesMeanwhile) {
    run_on_three_disks();
    char digit = '5';
    for (const char* step : {"the merged disk exists", "it has the parent's content",
                             "it is almost up to date", "the export is on the merged disk"}) {
        DoesAt writes{step, [&] { write(digit, "64k 64k"); }};
        remove(second_, writes);
        EXPECT_EQ(writes.notes, "");
        EXPECT_EQ(links("scsi0:0"), 2U);
        second_ = take(Memory::LeftOut);
        write('9', "128k 64k");
        ++digit;
    }
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:0"), "189");
    EXPECT_EQ(read_pieces("scsi0:1"), "189");
}

// The image server ends with the machine's process, in the middle of its job.
TEST_F(LiveMerges, ThatTheMachineDoesNotOutliveLeaveItAsItWas) {
    for (const char* step : {"it has the parent's content", "it is almost up to date",
                             "it reads as the topmost one", "the machine is on its merged disk"}) {
        run_on_three_disks();
        // Each disk comes to that step; only the first finds the machine running.
        const auto kill_it = [&] {
            const auto process = host_.process_of_domain(power::name_for(vmx_));
            if (!process) return;
            kill(process->pid, SIGKILL);
            EXPECT_TRUE(testing::wait_until([&] { return !fs::exists(server().socket()); }));
        };
        DoesAt kills{step, kill_it};
        try {
            remove(second_, kills);
        } catch (const Error&) {
            // Nothing can be asked any more.
        }
        EXPECT_TRUE(
            testing::wait_until([&] { return engine_.state(vmx_) == vm::PowerState::Off; }));
        EXPECT_EQ(read_pieces("scsi0:0"), "123") << step;
        EXPECT_EQ(read_pieces("scsi0:1"), "123") << step;
        if (!tree().snapshots().empty()) {
            remove_snapshot(vmx_, first_, RemoveChildren::Yes, settings_, progress_);
        }
        EXPECT_EQ(names(), "a.vmdk b.vmdk vm.vmsd vm.vmx") << step;
        EXPECT_EQ(read_pieces("scsi0:0"), "123") << step;
    }
}

TEST_F(LiveMerges, ThatCannotComeAboutAreLeftToALaterRemoval) {
    run_on_three_disks();
    DoesAt spoils{"it has the parent's content", [&] {
                      const fs::path disk = folder_ / "vm/b-000003.vmdk";
                      if (fs::exists(disk)) testing::make_qemu_destroy(disk);
                  }};
    remove(second_, spoils);
    EXPECT_TRUE(testing::contains(spoils.notes, "b-000001.vmdk is not merged")) << spoils.notes;
    EXPECT_EQ(tree().find(second_), nullptr);
    EXPECT_EQ(links("scsi0:0"), 2U);
    EXPECT_EQ(links("scsi0:1"), 3U);
    EXPECT_FALSE(fs::exists(folder_ / "vm/b-000003.vmdk"));
    write('4', "128k 64k");
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:1"), "124");
    remove_snapshot(vmx_, first_, RemoveChildren::No, settings_, progress_);
    EXPECT_EQ(read_pieces("scsi0:1"), "124");
    EXPECT_EQ(names(), "a.vmdk b.vmdk vm.vmsd vm.vmx");
}

TEST_F(LiveMerges, AreNotBegunWhereTheGuestCouldFindTheDiskFull) {
    run_on_three_disks();
    const std::string before = names();
    const power::Settings power_settings = testing::guest_settings(folder_ / "run");
    const power::Connection connection{power_settings};
    power::RunningMachine running{vmx_, connection, power_settings, settings_};
    const vm::Machine machine = vm::Machine::open(vmx_, settings_);
    const vm::DiskDevice device = machine.disks().front();
    const vm::Disk disk = vm::open_disk(machine.find_disk(device), {}, settings_);
    const vm::SnapshotTree list = tree();
    Pending pending{machine};
    const LiveMerge merge{device, disk, list, {}, std::uint64_t{1} << 62};
    EXPECT_EQ(testing::code_of(
                  [&] { merge_while_running(running, merge, pending, settings_, progress_); }),
              VIX_E_DISK_FULL);
    EXPECT_EQ(names(), before);
}

TEST_F(LiveMerges, OfSplitDisksComeAbout) {
    for (const std::string name : {"a", "b"}) {
        testing::DescriptorText text;
        text.create_type = "twoGbMaxExtentSparse";
        for (const std::string piece : {"-s001.vmdk", "-s002.vmdk"}) {
            testing::HostedImage half;
            half.capacity = 512;
            text.extents.push_back("RW 512 SPARSE \"" + name + piece + '"');
            folder_.write("vm/" + name + piece, half.bytes());
        }
        folder_.write("vm/" + name + ".vmdk", text.text());
    }
    run_on_three_disks();
    write('4', "256k 64k");
    DoesAt nothing{"", [] {}};
    remove(second_, nothing);
    EXPECT_EQ(nothing.notes, "");
    EXPECT_EQ(links("scsi0:0") + links("scsi0:1"), 4U);
    expect_that_a_crash_leaves("123");
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:1"), "123");
    remove_snapshot(vmx_, first_, RemoveChildren::No, settings_, progress_);
    EXPECT_EQ(read_pieces("scsi0:0"), "123");
    EXPECT_EQ(names().find("-00000"), names().find("-000003")) << names();
}

// Deleting a clone stops at the disks that its list names.
TEST_F(LiveMerges, OfALinkedCloneTakeNothingFromItsParent) {
    const int base = create_snapshot({vmx_, "base", "", settings_}, progress_);
    const fs::path clone = folder_ / "clone/c.vmx";
    clone_linked({vmx_, clone, settings_, base}, progress_);
    const std::string parent = testing::read_file(folder_ / "vm/a.vmdk");
    vmx_ = clone;
    start();
    write('1');
    const int uid = take(Memory::LeftOut);
    write('2', "64k 64k");
    DoesAt nothing{"", [] {}};
    remove(uid, nothing);
    EXPECT_EQ(nothing.notes, "");
    EXPECT_EQ(links("scsi0:0"), 2U);
    const vm::Machine machine = vm::Machine::open(vmx_, settings_);
    std::set<std::string> disks;
    for (const vm::DiskDevice& device : machine.disks()) disks.insert(device.file.name);
    const auto sentinels = tree().sentinels();
    EXPECT_EQ(std::set(sentinels.begin(), sentinels.end()), disks);
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:0").substr(0, 2), "12");
    remove_machine(vmx_, RemoveDisks::Yes, settings_, progress_);
    EXPECT_FALSE(fs::exists(folder_ / "clone"));
    EXPECT_TRUE(testing::read_file(folder_ / "vm/a.vmdk") == parent);
}

// For as long as a merge takes, another process writes without a pause.
TEST_F(LiveMerges, KeepWhatIsWrittenAllTheTime) {
    run_on_three_disks();
    std::vector<std::string> words{"qemu-io", "-f", "raw"};
    constexpr int kWrites = 3000;
    for (int i = 1; i <= kWrites; ++i) {
        words.insert(words.end(), {"-c", "write -P " + std::to_string(i % 200 + 1) + ' ' +
                                             std::to_string(i % 3 * 64) + "k 4k"});
    }
    words.push_back("nbd+unix:///scsi0:0?socket=" + server().socket().string());
    std::atomic<bool> began = false;
    std::atomic<bool> ended = false;
    std::thread guest{[&] {
        began = true;
        const auto outcome = io::run(io::Environment::of_process(), words);
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.output.find("rror"), std::string::npos);
        ended = true;
    }};
    EXPECT_TRUE(testing::wait_until([&] { return began.load(); }));
    int merges = 0;
    while (!ended) {
        DoesAt nothing{"", [] {}};
        remove(second_, nothing);
        EXPECT_EQ(nothing.notes, "");
        second_ = take(Memory::LeftOut);
        ++merges;
    }
    guest.join();
    EXPECT_GE(merges, 1);
    remove(second_, progress_);
    engine_.power_off(vmx_);
    std::string last(3, '\0');
    for (int i = kWrites - 2; i <= kWrites; ++i) {
        last[static_cast<std::size_t>(i % 3)] = static_cast<char>(i % 200 + 1);
    }
    EXPECT_EQ(read_pieces("scsi0:0"), last);
    EXPECT_EQ(read_pieces("scsi0:1"), "123");
}

TEST_F(LiveMerges, LetOtherCallsWait) {
    run_on_three_disks();
    std::thread other;
    int uid = 0;
    DoesAt takes{"it is almost up to date", [&] {
                     if (!other.joinable())
                         other = std::thread{[&] { uid = take(Memory::LeftOut); }};
                 }};
    remove(second_, takes);
    other.join();
    EXPECT_NE(tree().find(uid), nullptr);
    EXPECT_EQ(links("scsi0:0"), 3U);
    std::thread ends;
    DoesAt powers_off{"it is almost up to date", [&] {
                          if (ends.joinable()) return;
                          ends = std::thread{[&] { engine_.power_off(vmx_); }};
                      }};
    remove(uid, powers_off);
    ends.join();
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Off);
    EXPECT_EQ(links("scsi0:0") + links("scsi0:1"), 4U);
    EXPECT_EQ(read_pieces("scsi0:0"), "123");
    EXPECT_EQ(read_pieces("scsi0:1"), "123");
}

TEST_F(LiveMerges, AreRefusedWhereALinkedCloneDependsOnTheSnapshot) {
    run_on_three_disks();
    const fs::path clone = folder_ / "clone/c.vmx";
    clone_linked({vmx_, clone, settings_, second_}, progress_);
    const std::string before = names();
    EXPECT_EQ(testing::code_of([&] { remove(second_, progress_); }), VIX_E_SNAPSHOT_DISKLOCKED);
    EXPECT_EQ(names(), before);
    EXPECT_NE(tree().find(second_), nullptr);
}

// A disk that no .vmx names, but that lies in the machine's folder.
TEST_F(LiveMerges, AreNotBegunWhereAnotherDiskDependsOnTheParent) {
    run_on_three_disks();
    const fs::path other = folder_ / "vm/other.vmdk";
    testing::write_file(other, testing::read_file(folder_ / "vm/a-000002.vmdk"));
    DoesAt nothing{"", [] {}};
    remove(second_, nothing);
    EXPECT_TRUE(testing::contains(nothing.notes, "a-000001.vmdk is kept: " + other.string()))
        << nothing.notes;
    EXPECT_EQ(links("scsi0:0"), 3U);
    EXPECT_EQ(links("scsi0:1"), 2U);
    write('4', "128k 64k");
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:0"), "124");
    EXPECT_EQ(pieces_of(other), "123");
}

// Somebody fills the file system while the image server copies.
TEST_F(LiveMerges, ThatFindTheFileSystemFullAreLeftToALaterRemoval) {
    const fs::path mounted = folder_ / "small";
    fs::create_directory(mounted);
    if (mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=96m") != 0) {
        GTEST_SKIP() << "cannot mount a small file system";
    }
    for (const char* name : {"a.vmdk", "b.vmdk", "vm.vmx"}) {
        testing::write_file(mounted / name,
                            testing::read_file(folder_ / (std::string{"vm/"} + name)));
    }
    vmx_ = mounted / "vm.vmx";
    run_on_three_disks();
    write('3', "128k 384k");
    const fs::path filler = mounted / "filler";
    DoesAt fills{"it has the parent's content", [&] {
                     const std::string piece(4096, 'x');
                     std::FILE* file = std::fopen(filler.c_str(), "ab");
                     while (std::fwrite(piece.data(), 1, piece.size(), file) == piece.size() &&
                            std::fflush(file) == 0) {
                     }
                     std::fclose(file);
                 }};
    remove(second_, fills);
    EXPECT_TRUE(testing::contains(fills.notes, "a-000001.vmdk is not merged")) << fills.notes;
    EXPECT_TRUE(testing::contains(fills.notes, "b-000001.vmdk is not merged")) << fills.notes;
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
    EXPECT_EQ(links("scsi0:0") + links("scsi0:1"), 6U);
    write('4', "128k 64k");  // over what the disk has already
    fs::remove(filler);
    second_ = take(Memory::LeftOut);
    DoesAt nothing{"", [] {}};
    remove(second_, nothing);
    EXPECT_EQ(nothing.notes, "");
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:0"), "124");
    EXPECT_EQ(read_pieces("scsi0:1"), "124");
    EXPECT_EQ(umount2(mounted.c_str(), MNT_DETACH), 0);
    vmx_.clear();
}

// The image server has switched, and the call learns so by asking once more.
TEST_F(LiveMerges, ComeAboutWhereOnlyTheAnswerOfTheSwitchIsLost) {
    for (const auto what : {LossyMonitor::Loses::Error, LossyMonitor::Loses::Answer}) {
        run_on_three_disks();
        LossyMonitor monitor{server().monitor()};
        monitor.lose(what, "job-finalize");
        DoesAt nothing{"", [] {}};
        remove(second_, nothing);
        EXPECT_TRUE(monitor.stop_losing());
        EXPECT_EQ(nothing.notes, "");
        EXPECT_EQ(links("scsi0:0") + links("scsi0:1"), 4U);
        EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
        write('4', "128k 64k");
        engine_.power_off(vmx_);
        EXPECT_EQ(read_pieces("scsi0:0"), "124");
        EXPECT_EQ(read_pieces("scsi0:1"), "124");
        remove_snapshot(vmx_, first_, RemoveChildren::Yes, settings_, progress_);
    }
}

// The image server has not switched, and the call learns so by asking once more.
TEST_F(LiveMerges, AreUndoneWhereTheServerNeverGetsTheSwitch) {
    run_on_three_disks();
    LossyMonitor monitor{server().monitor()};
    monitor.lose(LossyMonitor::Loses::Request, "job-finalize");
    DoesAt nothing{"", [] {}};
    remove(second_, nothing);
    EXPECT_TRUE(monitor.stop_losing());
    EXPECT_TRUE(testing::contains(nothing.notes, "a-000001.vmdk is not merged")) << nothing.notes;
    EXPECT_EQ(links("scsi0:0"), 3U);
    EXPECT_EQ(links("scsi0:1"), 2U);
    EXPECT_FALSE(fs::exists(folder_ / "vm/a-000003.vmdk"));
    EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
    write('4', "128k 64k");
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:0"), "124");
    EXPECT_EQ(read_pieces("scsi0:1"), "124");
}

// Nobody knows whether the image server has switched: all disks stay, and the machine stands still.
// The next call asks, or the machine ends.
TEST_F(LiveMerges, KeepAllDisksWhereTheServerIsNotHeardAnyMore) {
    using Loses = LossyMonitor::Loses;
    for (const bool recovers : {true, false}) {
        for (const Loses what : {Loses::Answer, Loses::Request}) {
            run_on_three_disks();
            LossyMonitor monitor{server().monitor()};
            monitor.lose(what, "job-finalize");
            monitor.and_stay_away();
            const std::string detail = testing::detail_of([&] { remove(second_, progress_); });
            EXPECT_TRUE(monitor.stop_losing());
            EXPECT_TRUE(testing::contains(detail, "is unknown, so they stay")) << detail;
            EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Paused);
            EXPECT_EQ(value("scsi0:0.fileName"), "a-000003.vmdk");
            for (const char* name : {"a-000001.vmdk", "a-000002.vmdk", "a-000003.vmdk"}) {
                EXPECT_TRUE(fs::exists(folder_ / "vm" / name)) << name;
            }
            expect_that_a_crash_leaves("123");
            char last = '3';
            if (recovers) {
                recover();
                EXPECT_EQ(engine_.state(vmx_), vm::PowerState::Running);
                last = '4';
                write(last, "128k 64k");
                expect_that_a_crash_leaves({'1', '2', last});
                second_ = take(Memory::LeftOut);
                remove(second_, progress_);
                EXPECT_EQ(links("scsi0:0"), 2U);
            }
            engine_.power_off(vmx_);
            const std::string pieces{'1', '2', last};
            EXPECT_EQ(read_pieces("scsi0:0"), pieces);
            EXPECT_EQ(read_pieces("scsi0:1"), pieces);
            remove_snapshot(vmx_, first_, RemoveChildren::Yes, settings_, progress_);
            EXPECT_EQ(names(), "a.vmdk b.vmdk vm.vmsd vm.vmx");
            EXPECT_EQ(read_pieces("scsi0:0"), pieces);
        }
    }
}

// The image server is killed just before it would switch.
TEST_F(LiveMerges, KeepTheNewDiskWhereTheServerIsKilledAtTheSwitch) {
    run_on_three_disks();
    std::string detail;
    when_marks_are_noted(R"sh(kill -KILL "$(cat server.pid)")sh",
                         [&] { detail = testing::detail_of([&] { remove(second_, progress_); }); });
    EXPECT_TRUE(testing::contains(detail, "is unknown, so they stay")) << detail;
    EXPECT_EQ(value("scsi0:0.fileName"), "a-000003.vmdk");
    expect_that_a_crash_leaves("123");
    engine_.power_off(vmx_);
    EXPECT_EQ(read_pieces("scsi0:0"), "123");
    EXPECT_EQ(read_pieces("scsi0:1"), "123");
    remove_snapshot(vmx_, first_, RemoveChildren::Yes, settings_, progress_);
    EXPECT_EQ(names(), "a.vmdk b.vmdk vm.vmsd vm.vmx");
    EXPECT_EQ(read_pieces("scsi0:0"), "123");
}

// Stops removals at one step after the other, on a machine that keeps running. It has one disk,
// because a second one is merged in the same steps.
class LiveMergeSweep : public LiveMerges {
  protected:
    void SetUp() override {
        LiveMerges::SetUp();
        if (vmx_.empty()) return;
        nodes_ = {"scsi0:0"};
        fs::remove(folder_ / "vm/b.vmdk");
        testing::write_file(vmx_,
                            testing::vmx_with_disks({"scsi0:0=a.vmdk"}) + "memsize = \"32\"\n");
    }
    // `stopped(step)` removes the snapshot; false: it came to its end unstopped.
    void sweep(const std::function<bool(int step)>& stopped) {
        run_on_three_disks();
        int step = 0;
        while (stopped(step) && !HasFailure()) {
            const ::testing::ScopedTrace trace{__FILE__, __LINE__, "step " + std::to_string(step)};
            expect_that_a_crash_leaves(now_);
            recover();
            ASSERT_EQ(engine_.state(vmx_), vm::PowerState::Running);
            now_[2] = static_cast<char>('3' + step % 6);
            write(now_[2], "128k 64k");
            expect_that_a_crash_leaves(now_);
            shorten();
            if (tree().find(second_) == nullptr) second_ = take(Memory::LeftOut);
            ++step;
        }
        std::cout << "# stopped at " << step << " steps\n";
        EXPECT_GE(step, 8);
        expect_that_a_crash_leaves(now_);
        engine_.power_off(vmx_);
        EXPECT_EQ(read_pieces("scsi0:0"), now_);
        remove_snapshot(vmx_, first_, RemoveChildren::Yes, settings_, progress_);
        EXPECT_EQ(read_pieces("scsi0:0"), now_);
        EXPECT_EQ(names(), "a.vmdk vm.vmsd vm.vmx");
    }

    std::string now_ = "123";

  private:
    // Each stopped merge leaves a disk in the chain until the machine is off.
    void shorten() {
        constexpr std::size_t kMostLinks = 8;
        if (links("scsi0:0") <= kMostLinks) return;
        engine_.power_off(vmx_);
        remove_snapshot(vmx_, first_, RemoveChildren::Yes, settings_, progress_);
        EXPECT_EQ(names(), "a.vmdk vm.vmsd vm.vmx");
        start();
        first_ = take(Memory::LeftOut);
        second_ = take(Memory::LeftOut);
    }
};

class LiveMergeStops : public LiveMergeSweep, public ::testing::WithParamInterface<Stop> {};

INSTANTIATE_TEST_SUITE_P(By, LiveMergeStops, testing::every_stop(), testing::name_of_stop);

TEST_P(LiveMergeStops, LeaveAWholeMachine) {
    settings_.durability = testing::settings_for(GetParam()).durability;
    sweep([&](int step) {
        return testing::stopped_at(GetParam(), step,
                                   [&](Progress& progress) { remove(second_, progress); });
    });
}

// Every request to the image server is lost in turn: before it arrives, before its answer arrives,
// or with an error for an answer; then the server can be asked again, or not. By their names they
// belong to dev/sweep, and not to an ordinary run.
struct Loss {
    LossyMonitor::Loses what;
    bool stays_away;
    std::string name;
};

class LiveMergeLosses : public LiveMergeSweep, public ::testing::WithParamInterface<Loss> {};

INSTANTIATE_TEST_SUITE_P(
    By, LiveMergeLosses,
    ::testing::Values(Loss{LossyMonitor::Loses::Request, false, "CallFailureOfRequest"},
                      Loss{LossyMonitor::Loses::Answer, false, "CallFailureOfAnswer"},
                      Loss{LossyMonitor::Loses::Error, false, "CallFailureByError"},
                      Loss{LossyMonitor::Loses::Request, true, "CallFailureFromRequest"},
                      Loss{LossyMonitor::Loses::Answer, true, "CallFailureFromAnswer"}),
    [](const auto& loss) { return loss.param.name; });

TEST_P(LiveMergeLosses, LeaveAWholeMachine) {
    sweep([&](int step) {
        LossyMonitor monitor{server().monitor()};
        monitor.lose(GetParam().what, "", step);
        if (GetParam().stays_away) monitor.and_stay_away();
        try {
            remove(second_, progress_);
        } catch (const Error&) {
            // It is enough that the machine is whole.
        }
        return monitor.stop_losing();
    });
}

}  // namespace
}  // namespace vix::ops
