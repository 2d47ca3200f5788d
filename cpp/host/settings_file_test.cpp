#include "host/settings_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <map>
#include <optional>

#include "testing/failure.h"
#include "testing/temp_folder.h"

namespace vix::host {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::detail_of;

// A home folder of its own, and an environment that is as before afterwards.
class SettingsFile : public ::testing::Test {
  protected:
    SettingsFile() {
        set("HOME", home_.path().string());
        set("VIX_DRIVE_C", "");
        set("VIX_DISK_FOLDERS", "");
        set("VIX_CLONE_SYNC", "");
        set("VIX_INVENTORY_FILE", "");
    }

    void TearDown() override {
        for (const auto& [name, value] : before_) {
            value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
        }
    }

    void set(const std::string& name, const std::string& value) {
        const char* old = std::getenv(name.c_str());
        before_.try_emplace(name, old != nullptr ? std::optional<std::string>{old} : std::nullopt);
        setenv(name.c_str(), value.c_str(), 1);
    }

    void write(const std::string& text) { home_.write(".vmware/vix.conf", text); }

    std::string drive_c() const { return load_settings().path_map.resolve("C:\\x").string(); }

    testing::TempFolder home_;

  private:
    std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(SettingsFile, MissingIsAllDefaults) {
    const vm::Settings settings = load_settings();
    EXPECT_EQ(settings.durability, vm::Durability::Synced);
    EXPECT_TRUE(settings.extent_folders.empty());
    EXPECT_EQ(code_of([&] { settings.path_map.resolve("C:\\x"); }), VIX_E_FILE_NAME_INVALID);
}

TEST_F(SettingsFile, MapsDrives) {
    write("# my drives\ndrive.C = \"/srv/vms\"\ndrive.d = \"/srv/data\"\n");
    EXPECT_EQ(drive_c(), "/srv/vms/x");
    EXPECT_EQ(load_settings().path_map.resolve("D:\\y"), "/srv/data/y");
}

TEST_F(SettingsFile, IsReadAnewEachTime) {
    write("drive.C = \"/old\"\n");
    load_settings();
    write("drive.C = \"/new\"\n");
    EXPECT_EQ(drive_c(), "/new/x");
}

TEST_F(SettingsFile, IsOverriddenByTheEnvironment) {
    write("drive.C = \"/file\"\nclone.sync = \"TRUE\"\n");
    set("VIX_DRIVE_C", "/environment");
    set("VIX_CLONE_SYNC", "FALSE");
    EXPECT_EQ(drive_c(), "/environment/x");
    EXPECT_EQ(load_settings().durability, vm::Durability::Unsynced);
}

TEST_F(SettingsFile, EmptyVariablesOverrideNothing) {
    write("drive.C = \"/file\"\n");
    set("VIX_DRIVE_C", "");
    EXPECT_EQ(drive_c(), "/file/x");
}

TEST_F(SettingsFile, ListsFoldersForExtents) {
    write("disk.folders = \"/a:/b c::/d\"\n");
    const std::vector<fs::path> expected = {"/a", "/b c", "/d"};
    EXPECT_EQ(load_settings().extent_folders, expected);
}

TEST_F(SettingsFile, SwitchesSyncing) {
    write("clone.sync = \"false\"\n");
    EXPECT_EQ(load_settings().durability, vm::Durability::Unsynced);
    write("CLONE.SYNC = 1\n");
    EXPECT_EQ(load_settings().durability, vm::Durability::Synced);
}

TEST_F(SettingsFile, RefusesADriveThatIsNoAbsoluteFolder) {
    write("drive.C = \"vms\"\n");
    EXPECT_EQ(code_of([] { load_settings(); }), VIX_E_INVALID_ARG);
    EXPECT_TRUE(contains(detail_of([] { load_settings(); }), "drive.C"));
}

TEST_F(SettingsFile, RefusesAFolderThatIsNotAbsolute) {
    set("VIX_DISK_FOLDERS", "/a:b");
    EXPECT_EQ(code_of([] { load_settings(); }), VIX_E_INVALID_ARG);
    EXPECT_TRUE(contains(detail_of([] { load_settings(); }), "disk.folders"));
}

TEST_F(SettingsFile, RefusesWhatIsNeitherTrueNorFalse) {
    write("clone.sync = \"maybe\"\n");
    EXPECT_EQ(code_of([] { load_settings(); }), VIX_E_INVALID_ARG);
    EXPECT_TRUE(contains(detail_of([] { load_settings(); }), "clone.sync"));
}

TEST_F(SettingsFile, HasVMwaresInventoryByDefault) {
    EXPECT_EQ(load_settings().inventory_file, home_ / ".vmware/inventory.vmls");
    write("inventory.file = \"/srv/list.vmls\"\n");
    EXPECT_EQ(load_settings().inventory_file, "/srv/list.vmls");
    set("VIX_INVENTORY_FILE", "list.vmls");
    EXPECT_EQ(code_of([] { load_settings(); }), VIX_E_INVALID_ARG);
    EXPECT_TRUE(contains(detail_of([] { load_settings(); }), "inventory.file"));
}

TEST_F(SettingsFile, ThatMayNotBeReadIsAllDefaults) {
    ASSERT_EQ(mkdir((home_ / ".vmware").c_str(), 0700), 0);
    ASSERT_EQ(mkfifo((home_ / ".vmware/vix.conf").c_str(), 0600), 0);
    EXPECT_EQ(load_settings().durability, vm::Durability::Synced);
}

TEST_F(SettingsFile, OfMegabytesIsRefused) {
    write(std::string(std::size_t{2} << 20, '#'));
    EXPECT_EQ(code_of([] { load_settings(); }), VIX_E_FILE_TOO_BIG);
}

TEST_F(SettingsFile, WithoutAHomeIsAllDefaults) {
    set("HOME", "");
    EXPECT_EQ(load_settings().durability, vm::Durability::Synced);
    EXPECT_TRUE(load_settings().inventory_file.empty());
}

TEST_F(SettingsFile, PowerIsLeftToTheHostUnlessSet) {
    const power::Settings settings = load_power_settings();
    EXPECT_TRUE(settings.uri.empty());
    EXPECT_EQ(settings.acceleration, power::Acceleration::WhereItWorks);
    EXPECT_EQ(settings.guest_patience, std::chrono::seconds{120});
}

TEST_F(SettingsFile, PowerIsSet) {
    write(
        "power.uri = \"qemu:///session\"\npower.kvm = \"FALSE\"\n"
        "power.networkNat = \"bridge:br0\"\npower.guestTimeout = \"5\"\n"
        "power.viewer = \"show %i\"\n");
    const power::Settings settings = load_power_settings();
    EXPECT_EQ(settings.uri, "qemu:///session");
    EXPECT_EQ(settings.acceleration, power::Acceleration::Never);
    EXPECT_EQ(settings.network_nat, "bridge:br0");
    EXPECT_EQ(settings.guest_patience, std::chrono::seconds{5});
    EXPECT_EQ(settings.viewer, "show %i");
}

TEST_F(SettingsFile, NetworkThatIsNoneIsNamed) {
    write("power.networkNat = \"network:\"\n");
    EXPECT_EQ(code_of([] { load_power_settings(); }), VIX_E_INVALID_ARG);
    EXPECT_TRUE(contains(detail_of([] { load_power_settings(); }), "power.networkNat"));
}

}  // namespace
}  // namespace vix::host
