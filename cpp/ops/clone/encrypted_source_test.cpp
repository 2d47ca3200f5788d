// Machines that are encrypted for their TPM, such as VMware makes for Windows 11: what can be done
// to them without their key.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "format/vmdk/descriptor.h"
#include "ops/clone/clone.h"
#include "ops/machine/config_change.h"
#include "ops/machine/remove.h"
#include "ops/machine/variables.h"
#include "ops/snapshots/snapshot.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "vm/machine/config.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::alike;
using testing::code_of;
using testing::contains;
using testing::detail_of;
using testing::names_in;
using testing::read_file;
using testing::tree_of;

constexpr const char* kKeys[] = {"vmx.encryptionType", "encryptedVM.guid", "vtpm.ekCSR",
                                 "vtpm.ekCRT",         "vtpm.present",     "encryption.keySafe",
                                 "encryption.data",    "firmware"};

class EncryptedForTpm : public ::testing::Test {
  protected:
    EncryptedForTpm() : vmx_{testing::write_small_machine(folder_ / "src")} {
        testing::encrypt_for_tpm(vmx_);
    }

    std::vector<std::string> clone() const {
        Progress progress;
        return clone_full({vmx_, clone_, testing::plain_settings()}, progress);
    }

    // The code of a call that changes nothing, with its detail.
    template <typename Call>
    std::string refusal(Call call, ErrorCode code) const {
        const auto before = tree_of(folder_.path());
        EXPECT_EQ(code_of(call), code);
        EXPECT_TRUE(alike(tree_of(folder_.path()), before));
        return detail_of(call);
    }

    void add(const std::string& lines) const { testing::write_file(vmx_, read_file(vmx_) + lines); }

    const testing::TempFolder folder_;
    const fs::path vmx_;
    const fs::path clone_ = folder_ / "dst/c.vmx";
};

TEST_F(EncryptedForTpm, IsClonedWithItsKeys) {
    const auto before = tree_of(folder_ / "src");
    const auto notes = clone();
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_TRUE(contains(notes[0], "the same TPM")) << notes[0];
    EXPECT_TRUE(alike(tree_of(folder_ / "src"), before));
    const auto source = vm::Config::read(vmx_);
    const auto clone = vm::Config::read(clone_);
    for (const char* key : kKeys) {
        EXPECT_TRUE(source.find(key)) << key;
        EXPECT_EQ(clone.find(key), source.find(key)) << key;
    }
    EXPECT_EQ(clone.find("nvram"), "c.nvram");
    EXPECT_EQ(clone.display_name(), "c");
}

TEST_F(EncryptedForTpm, IsClonedWithItsNvramByteForByte) {
    clone();
    EXPECT_TRUE(alike(read_file(folder_ / "dst/c.nvram"), read_file(folder_ / "src/vm.nvram")));
    EXPECT_EQ(names_in(folder_ / "dst"),
              "c.nvram c.vmsd c.vmx c.vmxf data-cl1-f001.vmdk data-cl1-f002.vmdk data-cl1.vmdk "
              "disk-cl1.vmdk");
}

TEST_F(EncryptedForTpm, IsClonedWithItsDisks) {
    clone();
    EXPECT_TRUE(
        alike(testing::read_disk(folder_ / "dst/disk-cl1.vmdk"), testing::first_disk_content()));
    EXPECT_TRUE(
        alike(testing::read_disk(folder_ / "dst/data-cl1.vmdk"), testing::second_disk_content()));
}

TEST_F(EncryptedForTpm, IsNotClonedWithoutItsNvram) {
    fs::remove(folder_ / "src/vm.nvram");
    const auto detail = refusal([&] { clone(); }, VIX_E_FILE_NOT_FOUND);
    EXPECT_TRUE(contains(detail, "vm.nvram")) << detail;
    testing::write_file(folder_ / "src/vm.nvram", "");
    refusal([&] { clone(); }, VIX_E_FILE_NOT_FOUND);
}

TEST_F(EncryptedForTpm, MayHaveItsNvramInAnotherFolder) {
    fs::create_directory(folder_ / "other");
    fs::rename(folder_ / "src/vm.nvram", folder_ / "other/n");
    testing::write_file(vmx_, read_file(vmx_) + "");
    std::string text = read_file(vmx_);
    text.replace(text.find("\"vm.nvram\""), 10, "\"" + (folder_ / "other/n").string() + "\"");
    testing::write_file(vmx_, text);
    clone();
    EXPECT_TRUE(alike(read_file(folder_ / "dst/c.nvram"), read_file(folder_ / "other/n")));
    testing::write_file(folder_ / "other/n", "secret");
    fs::remove_all(folder_ / "dst");
    refusal([&] { clone(); }, VIX_E_FILE_ACCESS_ERROR);
}

TEST_F(EncryptedForTpm, IsNotClonedWhileSuspended) {
    add("checkpoint.vmState = \"vm.vmss\"\n");
    EXPECT_TRUE(contains(refusal([&] { clone(); }, VIX_E_NEED_KEY), "suspended"));
}

TEST_F(EncryptedForTpm, HasDisksThatAreCheckedOneByOne) {
    const fs::path base = folder_ / "src/disk.vmdk";
    std::string text = read_file(base);
    const std::string key = "encryptionKeys=\"vmware:key/list\"\n";
    text.replace(text.find("createType="), 0, key);
    text.erase(text.find(std::string(key.size(), '\0'), text.find("ddb.")), key.size());
    testing::write_file(base, text);
    const auto detail = refusal([&] { clone(); }, VIX_E_DISK_NEEDKEY);
    EXPECT_TRUE(contains(detail, "disk.vmdk")) << detail;
}

TEST_F(EncryptedForTpm, HasNoLinkedClonesAndNoSnapshots) {
    Progress progress;
    const auto settings = testing::plain_settings();
    const auto refused = [&](auto call) {
        const auto detail = refusal(call, VIX_E_NEED_KEY);
        EXPECT_TRUE(contains(detail, "Make a full clone instead")) << detail;
    };
    refused([&] { clone_linked({vmx_, clone_, settings}, progress); });
    refused([&] { create_snapshot({vmx_, "s", "", settings}, progress); });
    refused([&] { revert_to_snapshot(vmx_, 1, settings, progress); });
    refused([&] { remove_snapshot(vmx_, 1, RemoveChildren::No, settings, progress); });
    const auto from_snapshot = [&] { clone_full({vmx_, clone_, settings, 1}, progress); };
    EXPECT_TRUE(contains(refusal(from_snapshot, VIX_E_NEED_KEY), "snapshots"));
}

TEST_F(EncryptedForTpm, HidesNothingButKeys) {
    const VariablesOf machine{vmx_, testing::plain_settings(), {}};
    EXPECT_EQ(read_config_variable(machine, "firmware"), "efi");
    EXPECT_EQ(read_config_variable(machine, "annotation"), "");
    EXPECT_EQ(code_of([&] { read_config_variable(machine, "dataFileKey"); }), VIX_E_NEED_KEY);
    EXPECT_EQ(code_of([&] { read_config_variable(machine, "Encryption.required.vTPM"); }),
              VIX_E_NEED_KEY);
}

TEST_F(EncryptedForTpm, KeepsItsKeysWhateverIsChanged) {
    Progress progress;
    const VariablesOf machine{vmx_, testing::plain_settings(), {}};
    const std::string before = read_file(vmx_);
    write_config_variable(machine, "annotation", "till", progress);
    EXPECT_EQ(read_file(vmx_), before + "annotation = \"till\"\n");
    for (const char* key : {"encryption.data", "VTPM.present", "encryptedVM.guid",
                            "vmx.encryptionType", "encryption.new"}) {
        const auto write = [&] { write_config_variable(machine, key, "x", progress); };
        refusal(write, VIX_E_NEED_KEY);
    }
}

TEST_F(EncryptedForTpm, CanBeDeleted) {
    Progress progress;
    remove_machine(vmx_, RemoveDisks::Yes, testing::plain_settings(), progress);
    EXPECT_EQ(names_in(folder_.path()), "");
}

}  // namespace
}  // namespace vix::ops
