#include "vm/machine/machine_files.h"

#include <gtest/gtest.h>

#include "io/files/folder.h"
#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

using testing::TempFolder;

TEST(MachineFiles, AreKnownByTheirNames) {
    for (const char* name :
         {"web.nvram", "web.vmxf", "WEB.VMSD", "web.scoreboard", "web.OVMF_VARS.fd", "web.log",
          "web-3f9a02c7.vmss", "web-3f9a02c7.vmem", "web-3f9a02c7.vswp", "web-3f9a02c7.hlog",
          "vmx-web-2271560481-1.vswp", "web-Snapshot12.vmsn", "web-Snapshot12.vmem",
          "web-Snapshot12.png", "web-AutoProtect-3.vmsn", "web.vmx~", "web.vix-session",
          "web.vmsd.vix-new"}) {
        EXPECT_TRUE(is_named_after(name, "web")) << name;
    }
}

TEST(MachineFiles, OfOthersAreNot) {
    for (const char* name :
         {"web2.nvram", "web.vmx", "web.vmdk", "web.txt", "web", "notes.txt", "web-flat.vmdk",
          "web-12345.vmss", "web-3f9a02c7.txt", "vmx-web2-1-1.vswp", "vmx-web.vswp",
          "web-Snapshot.vmsn", "web-Snapshot1a.vmsn", "web-Snapshot1.vmdk", "web-2.vmsn", ""}) {
        EXPECT_FALSE(is_named_after(name, "web")) << name;
    }
    EXPECT_FALSE(is_named_after(".nvram", ""));
}

TEST(MachineFiles, LogsAreCalledAlikeByAll) {
    for (const char* name : {"vmware.log", "vmware-0.log", "mksSandbox.log", "mksSandbox-1.log",
                             "vmware-vmx-4711.log", "vprintproxy.log"}) {
        EXPECT_TRUE(is_log(name)) << name;
    }
    for (const char* name : {"vmware.txt", "my.log", "vmware", "vmwarelog", "vmware2.log"}) {
        EXPECT_FALSE(is_log(name)) << name;
    }
}

TEST(MachineFiles, ASnapshotHasTheNumberInItsName) {
    EXPECT_EQ(snapshot_number("web-Snapshot7.vmsn", "web"), 7);
    EXPECT_EQ(snapshot_number("Web-snapshot7.vmem", "web"), 7);
    EXPECT_FALSE(snapshot_number("web-Snapshot.vmsn", "web"));
    EXPECT_FALSE(snapshot_number("web-Snapshot0.vmsn", "web"));
    EXPECT_FALSE(snapshot_number("web-Snapshot99999999999.vmsn", "web"));
    EXPECT_FALSE(snapshot_number("db-Snapshot7.vmsn", "web"));
}

TEST(MachineFiles, ANewSnapshotIsAboveAllThatHaveFiles) {
    const TempFolder folder;
    EXPECT_EQ(first_free_number(folder / "web.vmx", io::names_in(folder.path()), 4), 4);
    folder.write("web-Snapshot3.vmsn", "");
    folder.write("web2-Snapshot30.vmsn", "");
    EXPECT_EQ(first_free_number(folder / "web.vmx", io::names_in(folder.path()), 1), 4);
    folder.write("WEB-Snapshot8.vmem", "");
    EXPECT_EQ(first_free_number(folder / "web.vmx", io::names_in(folder.path()), 1), 9);
}

TEST(MachineFiles, StatesThatTheListLostAreFound) {
    const TempFolder folder;
    for (const char* name :
         {"web-Snapshot2.vmsn", "web-Snapshot1.vmsn", "web-Snapshot1.vmem", "db-Snapshot3.vmsn"}) {
        folder.write(name, "");
    }
    EXPECT_EQ(
        unlisted_states(folder / "web.vmx", io::names_in(folder.path()), {"WEB-Snapshot2.vmsn"}),
        std::vector{folder / "web-Snapshot1.vmsn"});
}

}  // namespace
}  // namespace vix::vm
