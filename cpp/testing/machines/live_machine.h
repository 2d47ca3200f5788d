// A machine with two disks that really runs. The tests write what a guest would write over the
// connection of its QEMU to the disks.
#pragma once

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/process/process.h"
#include "ops/snapshots/live_snapshot.h"
#include "power/disks/image_server.h"
#include "power/disks/qmp.h"
#include "power/disks/served_disks.h"
#include "power/domain/domain_identity.h"
#include "power/engine.h"
#include "testing/disks/hosted_image.h"
#include "testing/machines/guest.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"
#include "vm/machine/running_mark.h"
#include "vm/snapshots/machine_state.h"

namespace vix::testing {

namespace fs = boost::filesystem;

class LiveMachine : public ::testing::Test {
  protected:
    void SetUp() override {
        const std::string reason = testing::why_nothing_runs();
        if (!reason.empty()) GTEST_SKIP() << reason;
        folder_.write("vm/a.vmdk", testing::mono_disk("a.vmdk", 'a', 1));
        folder_.write("vm/b.vmdk", testing::mono_disk("b.vmdk", 'b', 2, 0x22222222));
        vmx_ = folder_.write(
            "vm/vm.vmx",
            testing::vmx_with_disks({"scsi0:0=a.vmdk", "scsi0:1=b.vmdk"}) + "memsize = \"32\"\n");
    }
    void TearDown() override {
        if (vmx_.empty() || !fs::exists(vmx_)) return;
        if (!vm::running_mark(vm::Machine::open(vmx_, settings_))) return;
        engine_.power_off(vmx_);
    }

    void start() { engine_.power_on(vmx_, power::StartAs::Running); }
    int take(ops::Memory memory) { return take(memory, progress_); }
    int take(ops::Memory memory, Progress& progress) {
        return ops::create_live_snapshot({vmx_, "live", "", settings_}, memory,
                                         testing::guest_settings(folder_ / "run"), progress);
    }
    vm::PowerState revert(int uid) {
        return ops::revert_to_snapshot(vmx_, uid, settings_, progress_);
    }
    power::ImageServer server() const { return {folder_ / "run", power::uuid_for(vmx_), host_}; }

    // Writes as the guest would, to each disk.
    void write(char digit, const std::string& where = "0 64k") {
        for (const std::string& disk : nodes_) {
            const auto outcome = io::run(
                io::Environment::of_process(),
                {"qemu-io", "-f", "raw", "-c", std::string{"write -P 0x3"} + digit + ' ' + where,
                 "nbd+unix:///" + disk + "?socket=" + server().socket().string()});
            ASSERT_EQ(outcome.status, 0) << outcome.output;
        }
    }
    // Returns the first byte of a disk as QEMU reads it; the machine is off.
    char read(const std::string& node) const {
        const vm::Machine machine = vm::Machine::open(vmx_, settings_);
        for (const vm::DiskDevice& device : machine.disks()) {
            if (device.node != node) continue;
            return read_file_of(machine.find_disk(device))[0];
        }
        return '\0';
    }
    std::string read_file_of(const fs::path& disk) const {
        const fs::path raw = folder_ / "raw";
        const auto outcome = io::run(
            io::Environment::of_process(),
            {"qemu-img", "convert", "-f", "vmdk", "-O", "raw", disk.string(), raw.string()});
        EXPECT_EQ(outcome.status, 0) << outcome.output;
        return outcome.status == 0 ? testing::read_file(raw) : std::string(512 << 10, '?');
    }
    // Runs the command in the image server's folder each time before the file `marks` there is
    // replaced. If the command fails, the file is not replaced.
    void when_marks_are_noted(const std::string& command, const std::function<void()>& action) {
        const fs::path mv =
            folder_.write("bin/mv", "#!/bin/sh\ncase $* in *marks.new*) " + command +
                                        " ;; esac\nexec /bin/mv \"$@\"\n");
        fs::permissions(mv, fs::owner_all);
        const std::string path = getenv("PATH");
        setenv("PATH", ((folder_ / "bin").string() + ':' + path).c_str(), 1);
        action();
        setenv("PATH", path.c_str(), 1);
    }
    // Reproduces a call that is killed while it switches: the image server has opened the disks
    // that the .vmx names, and no chain uses them yet.
    void open_without_use() {
        const vm::Machine machine = vm::Machine::open(vmx_, settings_);
        for (const vm::DiskDevice& device : machine.disks()) {
            const std::string disk = machine.find_disk(device).string();
            if (power::ServedDisks{server()}.top(device.node) == disk) continue;
            power::Qmp daemon{server().monitor(), host_};
            const std::string node = power::export_id(device.node) + ".9";
            daemon.execute("blockdev-add",
                           {{"driver", "file"}, {"node-name", node + 'f'}, {"filename", disk}});
            daemon.execute("blockdev-add", {{"driver", "vmdk"},
                                            {"node-name", node},
                                            {"file", node + 'f'},
                                            {"backing", nullptr}});
        }
    }
    std::string read_both() const { return {read("scsi0:0"), read("scsi0:1")}; }
    std::string value(const std::string& key) const {
        return vm::Config::read(vmx_).find(key).value_or("");
    }
    vm::SnapshotTree tree() const { return vm::SnapshotTree::read(vm::snapshot_list_path(vmx_)); }
    std::string names() const { return testing::names_in(vmx_.parent_path()); }

    testing::TempFolder folder_;
    power::HostShell host_{io::Environment::of_process()};
    vm::Settings settings_ = testing::plain_settings();
    power::Engine engine_{testing::guest_settings(folder_ / "run"), settings_};
    Progress progress_;
    fs::path vmx_;
    std::vector<std::string> nodes_{"scsi0:0", "scsi0:1"};
};

// Makes the disk's header claim that it is stream-optimized.
inline void make_qemu_destroy(const fs::path& disk) {
    std::string bytes = testing::read_file(disk);
    testing::put32(bytes, testing::HostedField::kFlags, 0x30003);
    testing::put16(bytes, testing::HostedField::kCompression, 1);
    testing::write_file(disk, bytes);
}

}  // namespace vix::testing
