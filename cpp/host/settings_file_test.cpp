#include "host/settings_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <map>
#include <optional>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::host {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::detail_of;

// A home folder of its own; restores the environment afterwards.
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

    void write(const std::string& text) const { home_.write(".vmware/vix.conf", text); }

    // Creates a folder in the home, to map a drive to.
    std::string folder(const std::string& name) const {
        fs::create_directories(home_ / name);
        return (home_ / name).string();
    }

    std::string drive_c() const { return load_settings().path_map.resolve("C:\\x").string(); }

    // The detail of the refusal, as for a job that needs both kinds of settings.
    std::string refusal() const {
        const auto load = [] {
            const host::SettingsFile file;
            load_settings(file);
            load_power_settings(file);
        };
        EXPECT_EQ(code_of(load), VIX_E_INVALID_ARG);
        return detail_of(load);
    }

    std::string refusal_of(const std::string& text) const {
        write(text);
        return refusal();
    }

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
    write("# my drives\ndrive.C = \"" + folder("vms") + "\"\ndrive.d = \"" + folder("data") +
          "\"\n");
    EXPECT_EQ(drive_c(), folder("vms") + "/x");
    EXPECT_EQ(load_settings().path_map.resolve("D:\\y"), folder("data") + "/y");
}

TEST_F(SettingsFile, IsReadAnewEachTime) {
    write("drive.C = \"" + folder("old") + "\"\n");
    load_settings();
    write("drive.C = \"" + folder("new") + "\"\n");
    EXPECT_EQ(drive_c(), folder("new") + "/x");
}

TEST_F(SettingsFile, IsOverriddenByTheEnvironment) {
    write("drive.C = \"/file\"\nclone.sync = \"TRUE\"\n");
    set("VIX_DRIVE_C", folder("environment"));
    set("VIX_CLONE_SYNC", "FALSE");
    EXPECT_EQ(drive_c(), folder("environment") + "/x");
    EXPECT_EQ(load_settings().durability, vm::Durability::Unsynced);
}

TEST_F(SettingsFile, EmptyVariablesOverrideNothing) {
    write("drive.C = \"" + folder("file") + "\"\n");
    set("VIX_DRIVE_C", "");
    EXPECT_EQ(drive_c(), folder("file") + "/x");
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

TEST_F(SettingsFile, ThatCannotBeReadIsAnError) {
    ASSERT_EQ(mkdir((home_ / ".vmware").c_str(), 0700), 0);
    ASSERT_EQ(mkfifo((home_ / ".vmware/vix.conf").c_str(), 0600), 0);
    EXPECT_EQ(code_of([] { load_settings(); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST_F(SettingsFile, EachFaultIsToldWithItsLineAndWhatIsAllowed) {
    const std::string at = (home_ / ".vmware/vix.conf").string() + ": line 2: the setting ";
    const std::pair<std::string, std::string> samples[] = {
        {"drive.C = \"vms\"", "is not an absolute path"},
        {"drive.C = \"\"", "is not an absolute path"},
        {"disk.folders = \"/a:b\"", "is not an absolute path"},
        {"clone.sync = \"-1\"", "is neither TRUE nor FALSE"},
        {"clone.sync = \"\"", "is neither TRUE nor FALSE"},
        {"clone.links = \"both\"", "is neither absolute nor relative"},
        {"clone.reuseSnapshot = \"yes\"", "is neither TRUE nor FALSE"},
        {"delete.protectParents = \"on\"", "is neither TRUE nor FALSE"},
        {"snapshot.removeLater = \"later\"", "is neither TRUE nor FALSE"},
        {"datastore.standard = \"vms\"", "is not an absolute path"},
        {"inventory.file = \"list\"", "is not an absolute path"},
        {"power.uri = \"lxc:///\"", "is not a libvirt URI for QEMU"},
        {"power.uri = \"\"", "is not a libvirt URI for QEMU"},
        {"power.kvm = \"perhaps\"", "is not one of auto, TRUE and FALSE"},
        {"power.networkNat = \"br0\"", "is not one of user, none, network:NAME and bridge:NAME"},
        {"power.networkBridged = \"bridge:\"", "is not one of user"},
        {"power.networkHostonly = \"nothing\"", "is not one of user"},
        {"power.network.vmnet2 = \"vmbr2\"", "is not one of user"},
        {"power.folder = \"run\"", "is not an absolute path"},
        {"power.viewer = \"show 'it\"", "is not a command line"},
        {"power.viewer = \" \"", "is not a command line"},
        {"power.guestTimeout = \"-5\"", "is not a number of seconds from 1 to 86400"},
        {"power.guestTimeout = \"0\"", "is not a number of seconds from 1 to 86400"},
        {"power.guestTimeout = \"5 minutes\"", "is not a number of seconds from 1 to 86400"},
    };
    for (const auto& [line, fault] : samples) {
        const auto detail = refusal_of("# mine\n" + line + "\n");
        EXPECT_TRUE(detail.starts_with(at + line.substr(0, line.find(' ')))) << detail;
        EXPECT_TRUE(contains(detail, fault)) << detail;
    }
}

TEST_F(SettingsFile, NamesTheDatastoreAndTheLaterRemoval) {
    write("datastore.standard = \"/srv/vms\"\n");
    EXPECT_FALSE(load_settings().remove_later);
    EXPECT_EQ(load_settings().path_map.in_datastore("/srv/vms/a/a.vmx"), "[standard] a/a.vmx");
    write("snapshot.removeLater = \"TRUE\"\n");
    EXPECT_TRUE(load_settings().remove_later);
}

TEST_F(SettingsFile, FirmwareIsBothFilesOrNone) {
    EXPECT_TRUE(contains(refusal_of("power.firmwareCode = \"/code.fd\"\n"), "power.firmwareVars"));
    EXPECT_TRUE(contains(refusal_of("power.firmwareVars = \"/vars.fd\"\n"), "power.firmwareCode"));
    write("power.firmwareCode = \"/code.fd\"\npower.firmwareVars = \"/vars.fd\"\n");
    EXPECT_EQ(load_power_settings().firmware_vars, "/vars.fd");
    EXPECT_TRUE(
        contains(refusal_of("power.secureBootCode = \"/code.fd\"\n"), "power.secureBootVars"));
    write("power.secureBootCode = \"/c\"\npower.secureBootVars = \"/v\"\n");
    EXPECT_EQ(load_power_settings().secure_firmware_code, "/c");
}

TEST_F(SettingsFile, TpmIsNoneOrAnotherOne) {
    EXPECT_EQ(load_power_settings().tpm, power::Tpm::None);
    write("power.tpm = \"Own\"\n");
    EXPECT_EQ(load_power_settings().tpm, power::Tpm::Own);
    EXPECT_TRUE(contains(refusal_of("power.tpm = \"TRUE\"\n"), "neither none nor own"));
}

TEST_F(SettingsFile, NameThatIsNoneIsRefusedWithTheNearest) {
    EXPECT_TRUE(contains(refusal_of("clone.link = \"relative\"\n"), "clone.links?"));
    EXPECT_TRUE(contains(refusal_of("\ndrive.CC = \"/srv\"\n"), "line 2: "));
    EXPECT_TRUE(contains(refusal_of("drive.CC = \"/srv\"\n"), "drive.C?"));
    EXPECT_TRUE(contains(refusal_of("power.firmware_code = \"/x\"\n"), "power.firmwareCode?"));
    EXPECT_TRUE(contains(refusal_of("something = \"else\"\n"), "perldoc"));
}

TEST_F(SettingsFile, LineThatIsNoSettingIsRefused) {
    EXPECT_TRUE(contains(refusal_of("drive.C\n"), "line 1: "));
    EXPECT_TRUE(contains(refusal_of("clone.sync = \"TRUE\n"), "line 1: "));
    EXPECT_TRUE(contains(refusal_of("clone.sync = \"1\"\nCLONE.sync = \"0\"\n"), "line 2: "));
}

TEST_F(SettingsFile, VariableIsNamedWhereItIsTheFault) {
    set("VIX_POWER_GUESTTIMEOUT", "soon");
    EXPECT_TRUE(contains(refusal(), "environment variable VIX_POWER_GUESTTIMEOUT: "));
}

TEST_F(SettingsFile, MisspeltVariableIsRefusedAndOthersAreTheScriptsOwn) {
    for (const char* name : {"VIX_CLONE_LINK", "VIX_DRIVE_CC", "VIX_DRIVE_c",
                             "VIX_POWER_FIRMWARE_CODE", "Vix_Clone_Sync"}) {
        set(name, "1");
        EXPECT_TRUE(contains(refusal(), name));
        unsetenv(name);
    }
    for (const char* name : {"VIX_TEST_SEED", "VIX_CLONE_DIR", "VIX_HOME", "VIX_POWER", "VIX"}) {
        set(name, "1");
        EXPECT_NO_THROW(load_settings()) << name;
        unsetenv(name);
    }
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
    EXPECT_TRUE(settings.environment.find("HOME"));
    EXPECT_EQ(settings.network_nat, "bridge:br0");
    EXPECT_EQ(settings.guest_patience, std::chrono::seconds{5});
    EXPECT_EQ(settings.viewer, "show %i");
}

TEST_F(SettingsFile, NetworkThatIsNoneIsNamed) {
    write("power.networkNat = \"network:\"\n");
    EXPECT_EQ(code_of([] { load_power_settings(); }), VIX_E_INVALID_ARG);
    EXPECT_TRUE(contains(detail_of([] { load_power_settings(); }), "power.networkNat"));
}

TEST_F(SettingsFile, HasANetworkForEachVmnet) {
    write("power.network.vmnet2 = \"bridge:br2\"\npower.network.vmnet255 = \"none\"\n");
    const auto vmnets = load_power_settings().vmnets;
    EXPECT_EQ(vmnets, (std::map<int, std::string>{{2, "bridge:br2"}, {255, "none"}}));
    set("VIX_POWER_NETWORK_VMNET2", "none");
    set("VIX_POWER_NETWORK_VMNET17", "user");
    set("VIX_POWER_NETWORK_VMNET", "user");
    set("VIX_POWER_NETWORK_VMNET018", "user");
    set("VIX_POWER_NETWORK_VMNET4294967297", "user");
    EXPECT_EQ(load_power_settings().vmnets,
              (std::map<int, std::string>{{2, "none"}, {17, "user"}, {255, "none"}}));
    EXPECT_NE(refusal_of("power.network.vmnet256 = \"none\"\n"), "");
    EXPECT_NE(refusal_of("power.network.vmnet02 = \"none\"\n"), "");
}

}  // namespace
}  // namespace vix::host
