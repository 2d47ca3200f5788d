#include "host/local/inventory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "host/local/processes.h"
#include "testing/machines/machines.h"
#include "testing/machines/running.h"
#include "testing/process/failure.h"
#include "testing/process/waiting.h"

namespace vix::host {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using Paths = std::vector<std::string>;

class Inventory : public ::testing::Test {
  protected:
    Inventory() : settings_{testing::plain_settings()} {
        settings_.inventory_file = folder_ / "home/.vmware/inventory.vmls";
        nothing_of_ours_.folder = folder_ / "nothing";
    }

    fs::path machine(const std::string& name) const {
        return folder_.write("vms/" + name + "/" + name + ".vmx",
                             "displayName = \"" + name + "\"\nconfig.version = \"8\"\n");
    }

    // Only this test's machines: others run beside it, and processes belong to the whole host.
    Paths running_here() const {
        Paths found = running_machines(settings_, nothing_of_ours_);
        std::erase_if(found, [&](const std::string& vmx) {
            return !vmx.starts_with((folder_ / "").string());
        });
        return found;
    }

    std::string text() const { return testing::read_file(settings_.inventory_file); }

    static void register_machine(const fs::path& vmx, const vm::Settings& settings) {
        Progress unhindered;
        host::register_machine(vmx, settings, unhindered);
    }
    static void unregister_machine(const fs::path& vmx, const vm::Settings& settings) {
        Progress unhindered;
        host::unregister_machine(vmx, settings, unhindered);
    }

    testing::TempFolder folder_;
    vm::Settings settings_;
    power::Settings nothing_of_ours_;
};

TEST_F(Inventory, ThatIsNotThereIsEmpty) {
    EXPECT_EQ(registered_machines(settings_), Paths{});
    settings_.inventory_file.clear();
    EXPECT_EQ(registered_machines(settings_), Paths{});
    EXPECT_EQ(code_of([&] { register_machine(machine("a"), settings_); }), VIX_E_FILE_NOT_FOUND);
}

TEST_F(Inventory, KeepsWhatIsRegistered) {
    const fs::path a = machine("a");
    const fs::path b = machine("b");
    register_machine(a, settings_);
    register_machine(b, settings_);
    EXPECT_EQ(registered_machines(settings_), (Paths{a.string(), b.string()}));
    EXPECT_FALSE(fs::exists(settings_.inventory_file.string() + ".lck"));
}

TEST_F(Inventory, HasAMachineOnceWhateverPathLeadsToIt) {
    const fs::path a = machine("a");
    fs::create_directory_symlink(folder_ / "vms", folder_ / "link");
    register_machine(a, settings_);
    const std::string before = text();
    register_machine(a, settings_);
    register_machine(folder_ / "link/a/../a/a.vmx", settings_);
    EXPECT_EQ(text(), before);
}

TEST_F(Inventory, TakesAHardLinkInAnotherFolderForAnotherMachine) {
    const fs::path a = machine("a");
    fs::create_directories(folder_ / "vms/z");
    fs::create_hard_link(a, folder_ / "vms/z/a.vmx");
    register_machine(a, settings_);
    register_machine(folder_ / "vms/z/a.vmx", settings_);
    EXPECT_EQ(registered_machines(settings_).size(), 2U);
}

TEST_F(Inventory, RefusesWhatIsNoMachine) {
    EXPECT_EQ(code_of([&] { register_machine(folder_ / "no.vmx", settings_); }), VIX_E_NOT_FOUND);
    const fs::path garbage = folder_.write("g.vmx", "no keys");
    EXPECT_EQ(code_of([&] { register_machine(garbage, settings_); }), VIX_E_CANNOT_READ_VM_CONFIG);
    EXPECT_FALSE(fs::exists(settings_.inventory_file));
}

TEST_F(Inventory, ForgetsWhatIsUnregistered) {
    const fs::path a = machine("a");
    const fs::path b = machine("b");
    register_machine(a, settings_);
    register_machine(b, settings_);
    unregister_machine(a, settings_);
    EXPECT_EQ(registered_machines(settings_), Paths{b.string()});
    unregister_machine(a, settings_);
    unregister_machine(folder_ / "never/there.vmx", settings_);
    EXPECT_EQ(registered_machines(settings_), Paths{b.string()});
}

TEST_F(Inventory, ForgetsAMachineWhoseFilesAreGone) {
    const fs::path a = machine("a");
    register_machine(a, settings_);
    fs::remove_all(a.parent_path());
    EXPECT_EQ(registered_machines(settings_), Paths{a.string()});
    unregister_machine(a, settings_);
    EXPECT_EQ(registered_machines(settings_), Paths{});
}

TEST_F(Inventory, KeepsAMachineThatRuns) {
    const fs::path a = machine("a");
    register_machine(a, settings_);
    const testing::RunningElsewhere running{a};
    EXPECT_EQ(code_of([&] { unregister_machine(a, settings_); }), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(registered_machines(settings_), Paths{a.string()});
    EXPECT_EQ(running_here(), Paths{a.string()});
}

TEST_F(Inventory, NeedsNoLockForAMachineThatIsNotInIt) {
    const io::Lock lock{folder_ / "list.vmls", io::LockKind::Exclusive};
    settings_.inventory_file = folder_.write("list.vmls", "index.count = \"0\"\n");
    EXPECT_NO_THROW(unregister_machine(machine("a"), settings_));
}

TEST_F(Inventory, FindsMachinesOfWindowsPaths) {
    const fs::path a = machine("a");
    settings_.path_map.map_drive('C', folder_.path());
    settings_.inventory_file = folder_.write(
        "list.vmls", "vmlist1.config = \"C:\\VMS\\A\\a.vmx\"\nvmlist2.config = \"D:\\b.vmx\"\n");
    EXPECT_EQ(registered_machines(settings_), (Paths{a.string(), "D:\\b.vmx"}));
    unregister_machine(a, settings_);
    EXPECT_EQ(registered_machines(settings_), Paths{"D:\\b.vmx"});
}

TEST_F(Inventory, IsReplacedWhereALinkLeads) {
    const fs::path real = folder_.write("real.vmls", "# mine\n");
    settings_.inventory_file = folder_ / "link.vmls";
    fs::create_symlink(real, settings_.inventory_file);
    register_machine(machine("a"), settings_);
    EXPECT_TRUE(fs::is_symlink(settings_.inventory_file));
    EXPECT_TRUE(testing::contains(testing::read_file(real), "# mine\nvmlist1.config"));
}

TEST_F(Inventory, LosesNothingToManyWriters) {
    constexpr int kWriters = 6;
    constexpr int kMachines = 8;
    std::vector<pid_t> children;
    for (int writer = 0; writer < kWriters; ++writer) {
        const pid_t child = fork();
        if (child == 0) {
            for (int i = 0; i < kMachines; ++i) {
                const std::string name = std::to_string(writer) + "-" + std::to_string(i);
                register_machine(machine(name), settings_);
                if (i % 2 == 1) unregister_machine(machine(name), settings_);
            }
            _exit(0);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(registered_machines(settings_).size(), kWriters * kMachines / 2U);
}

TEST_F(Inventory, ServesAThousandMachines) {
    for (int i = 0; i < 1000; ++i) machine(std::to_string(i));
    std::string library;
    for (int i = 0; i < 999; ++i) {
        const std::string n = std::to_string(i);
        const std::string path = (folder_ / ("vms/" + n + "/" + n + ".vmx")).string();
        library += "vmlist" + std::to_string(i + 1) + ".config = \"" + path + "\"\n";
        library += "index" + n + ".id = \"" + path + "\"\n";
    }
    settings_.inventory_file = folder_.write("list.vmls", library + "index.count = \"999\"\n");
    register_machine(machine("999"), settings_);
    unregister_machine(machine("0"), settings_);
    EXPECT_EQ(registered_machines(settings_).size(), 999U);
    EXPECT_EQ(running_here(), Paths{});
}

// A process with the name and the arguments of VMware's, as long as the object lives.
class VmwareProcess {
  public:
    VmwareProcess(const testing::TempFolder& folder, const fs::path& working, const char* vmx) {
        const fs::path program =
            folder.write("bin/vmware-vmx", "#!/bin/sh\nread line\n");  // runs until its input ends
        chmod(program.c_str(), 0755);
        int ends[2];
        if (pipe(ends) != 0) return;
        pid_ = fork();
        if (pid_ == 0) {
            dup2(ends[0], 0);
            close(ends[1]);
            if (chdir(working.c_str()) != 0) _exit(1);
            execl(program.c_str(), "vmware-vmx", "-s", "vmx.stdio.keep=TRUE", "-#", "product=1;",
                  vmx, static_cast<char*>(nullptr));
            _exit(1);
        }
        close(ends[0]);
        input_ = ends[1];
        wait_for_program();
    }
    ~VmwareProcess() {
        close(input_);
        waitpid(pid_, nullptr, 0);
    }
    VmwareProcess(const VmwareProcess&) = delete;
    VmwareProcess& operator=(const VmwareProcess&) = delete;

  private:
    void wait_for_program() const {
        const std::string name = "/proc/" + std::to_string(pid_) + "/comm";
        EXPECT_TRUE(testing::wait_for_text(name, "vmware-vmx\n"));
    }

    pid_t pid_ = -1;
    int input_ = -1;
};

TEST_F(Inventory, TellsMachinesOfVmwareProcesses) {
    const fs::path a = machine("a");
    const VmwareProcess process{folder_, "/", a.c_str()};
    EXPECT_EQ(running_here(), Paths{a.string()});
}

TEST_F(Inventory, TellsARunningMachineOnce) {
    const fs::path a = machine("a");
    register_machine(a, settings_);
    const testing::RunningElsewhere running{a};
    const VmwareProcess process{folder_, a.parent_path(), "a.vmx"};
    EXPECT_EQ(running_here(), Paths{a.string()});
}

}  // namespace
}  // namespace vix::host
