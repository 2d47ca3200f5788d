// All or nothing: a full clone that stops at any step leaves the source unchanged and either no
// clone or a complete one. The next clone to that path works as if it were the first.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "ops/clone/clone.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/machines/family.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/sweep.h"
#include "vm/machine/config.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::alike;
using testing::code_of;
using testing::names_in;
using testing::read_disk;
using testing::Stop;
using testing::tree_without_locks;

constexpr const char* kFilesOfTheClone =
    "c.nvram c.vmsd c.vmx c.vmxf data-cl1-f001.vmdk data-cl1-f002.vmdk data-cl1.vmdk "
    "disk-cl1.vmdk";

class CloneSweep : public ::testing::TestWithParam<Stop> {
  protected:
    void prepare(const fs::path& folder) {
        source_ = testing::write_small_machine(folder / "src");
        if (encrypted_) testing::encrypt_for_tpm(source_);
        clone_ = folder / "dst/c.vmx";
        if (folder_is_there_) fs::create_directory(folder / "dst");
        before_ = tree_without_locks(folder);
    }

    void clone(Progress& progress, const vm::Settings& settings) const {
        clone_full({source_, clone_, settings}, progress);
    }

    void expect_a_whole_clone() const {
        EXPECT_TRUE(alike(read_disk(clone_.parent_path() / "disk-cl1.vmdk"),
                          testing::first_disk_content()));
        EXPECT_TRUE(alike(read_disk(clone_.parent_path() / "data-cl1.vmdk"),
                          testing::second_disk_content()));
        EXPECT_TRUE(alike(testing::read_file(clone_.parent_path() / "c.nvram"),
                          testing::read_file(source_.parent_path() / "vm.nvram")));
        const auto encryption = [](const fs::path& vmx) {
            return vm::Config::read(vmx).find("encryption.data");
        };
        EXPECT_EQ(encryption(clone_), encryption(source_));
    }

    void expect_all_or_nothing(const fs::path& folder) const {
        EXPECT_TRUE(alike(tree_without_locks(folder / "src"), source_before()));
        if (fs::exists(clone_)) return expect_a_whole_clone();
        if (GetParam() != Stop::Failure) return;
        EXPECT_TRUE(alike(tree_without_locks(folder), before_));
    }

    void expect_the_next_clone_to_be_clean() const {
        Progress progress;
        const auto again = [&] { clone(progress, testing::plain_settings()); };
        const bool there = fs::exists(clone_);
        EXPECT_EQ(code_of(again), there ? VIX_E_FILE_ALREADY_EXISTS : VIX_OK);
        if (there) return;
        EXPECT_EQ(names_in(clone_.parent_path()), kFilesOfTheClone);
        expect_a_whole_clone();
        // A call that was killed before it identified itself may leave a lock that counts for one
        // second.
        if (GetParam() == Stop::CallDeath) return;
        EXPECT_FALSE(fs::exists(source_.string() + ".lck"));
    }

    int sweep() {
        return testing::stop_at_each_step(
            GetParam(), [&](const fs::path& folder) { prepare(folder); },
            [&](const fs::path&, Progress& progress) {
                clone(progress, testing::settings_for(GetParam()));
            },
            [&](const fs::path& folder) {
                expect_all_or_nothing(folder);
                expect_the_next_clone_to_be_clean();
            });
    }

    bool folder_is_there_ = false;
    bool encrypted_ = false;

  private:
    std::map<std::string, std::string> source_before() const {
        std::map<std::string, std::string> tree;
        for (const auto& [name, bytes] : before_) {
            if (name.substr(0, 4) == "src/" && name != "src/") tree[name.substr(4)] = bytes;
        }
        return tree;
    }

    fs::path source_;
    fs::path clone_;
    std::map<std::string, std::string> before_;
};

INSTANTIATE_TEST_SUITE_P(By, CloneSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(CloneSweep, IntoANewFolder) {
    EXPECT_GE(sweep(), 10);
}

TEST_P(CloneSweep, IntoAFolderThatIsThere) {
    folder_is_there_ = true;
    EXPECT_GE(sweep(), 15);
}

// A clone without its nvram would have lost the secrets of its TPM.
TEST_P(CloneSweep, OfAMachineThatIsEncryptedForItsTpm) {
    encrypted_ = true;
    EXPECT_GE(sweep(), 10);
}

}  // namespace
}  // namespace vix::ops
