// Tests linked clones of machines that this user cannot write, such as templates on a read-only
// share.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <iostream>

#include "ops/clone/clone.h"
#include "ops/snapshots/snapshot.h"
#include "testing/disks/alike.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"
#include "testing/process/nobody.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::holds_for_nobody;
using testing::SnapshotMachine;
using testing::TempFolder;

class TemplateClone : public ::testing::Test {
  protected:
    TemplateClone() : parent_{folder_ / "parent"} {
        uid_ = parent_.take("base");
        parent_.write("scsi0:0", 0, 'u');
        for (const auto& file : fs::directory_iterator{folder_ / "parent"}) {
            chmod(file.path().c_str(), 0444);
        }
        chmod((folder_ / "parent").c_str(), 0555);
        chmod(folder_.path().c_str(), 0755);
        fs::create_directory(folder_ / "clones");
        chmod((folder_ / "clones").c_str(), 0777);
    }
    ~TemplateClone() override { chmod((folder_ / "parent").c_str(), 0755); }

    void set(const std::string& line) {
        chmod(parent_.vmx.c_str(), 0644);
        testing::write_file(parent_.vmx, testing::read_file(parent_.vmx) + line);
        chmod(parent_.vmx.c_str(), 0444);
    }

    CloneRequest request(std::optional<int> snapshot) const {
        return {parent_.vmx, folder_ / "clones/c/c.vmx", testing::plain_settings(), snapshot};
    }

    TempFolder folder_;
    SnapshotMachine parent_;
    int uid_ = 0;
};

TEST_F(TemplateClone, OfASnapshotNeedsNothingWrittenInTheParentsFolder) {
    set("templateVM = \"TRUE\"\n");
    const auto before = testing::tree_without_locks(folder_ / "parent");
    EXPECT_TRUE(holds_for_nobody([&] {
        Progress progress;
        const auto notes = clone_linked(request(uid_), progress);
        if (notes.size() != 1) return false;
        std::cout << "# " << notes.front() << "\n";
        return notes.front().find("has no record of this clone") != std::string::npos;
    }));
    EXPECT_TRUE(testing::alike(testing::tree_without_locks(folder_ / "parent"), before));
    const fs::path clone = folder_ / "clones/c/c.vmx";
    EXPECT_EQ(testing::present_contents(clone), parent_.then.at(uid_));
    const auto list = vm::SnapshotTree::read(vm::snapshot_list_path(clone));
    EXPECT_EQ(list.clone_of(), std::vector<std::string>{parent_.vmx.string()});
    EXPECT_FALSE(vm::Config::read(clone).is_template());
    chmod((folder_ / "parent").c_str(), 0755);  // so that the folder is not what refuses
    Progress progress;
    EXPECT_EQ(code_of([&] {
                  remove_snapshot(parent_.vmx, uid_, RemoveChildren::No, testing::plain_settings(),
                                  progress);
              }),
              VIX_E_TEMPLATE_VM);
}

TEST_F(TemplateClone, OfThePresentStateIsRefused) {
    set("templateVM = \"TRUE\"\n");
    EXPECT_TRUE(holds_for_nobody([&] {
        Progress progress;
        return code_of([&] { clone_linked(request({}), progress); }) == VIX_E_FILE_ACCESS_ERROR;
    }));
    EXPECT_TRUE(fs::is_empty(folder_ / "clones"));
}

TEST_F(TemplateClone, OfAMachineThatIsNoTemplateIsRefused) {
    EXPECT_TRUE(holds_for_nobody([&] {
        Progress progress;
        return code_of([&] { clone_linked(request(uid_), progress); }) == VIX_E_FILE_ACCESS_ERROR;
    }));
    EXPECT_TRUE(fs::is_empty(folder_ / "clones"));
}

TEST_F(TemplateClone, OfAParentThatMayBeWrittenIsRecordedAsEver) {
    set("templateVM = \"TRUE\"\n");
    chmod((folder_ / "parent").c_str(), 0755);
    Progress progress;
    EXPECT_TRUE(clone_linked(request(uid_), progress).empty());
    EXPECT_EQ(parent_.tree().find(uid_)->clones.size(), 1U);
}

}  // namespace
}  // namespace vix::ops
