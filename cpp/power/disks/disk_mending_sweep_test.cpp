// A repaired disk reads as before, whichever system call of the repair fails or ends the process.
// The next start completes the repair.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>
#include <optional>

#include "power/disks/disk_check.h"
#include "testing/disks/alike.h"
#include "testing/disks/odd_disks.h"
#include "testing/machines/family.h"
#include "testing/machines/machines.h"
#include "testing/process/sweep.h"

namespace vix::power {
namespace {

namespace fs = boost::filesystem;
using testing::OddDiskClass;
using testing::Stop;

DiskMending mending_of(const fs::path& disk) {
    return check_new_top(disk, testing::plain_settings()).mending;
}

std::vector<OddDiskClass> classes_to_mend() {
    std::vector<OddDiskClass> found;
    for (const OddDiskClass& one : testing::writable_disk_classes()) {
        const testing::TempFolder folder;
        one.write(folder.path());
        if (mending_of(folder / "disk.vmdk").needed()) found.push_back(one);
    }
    return found;
}

class MendingSweep : public ::testing::TestWithParam<Stop> {};

TEST_P(MendingSweep, LeavesTheContent) {
    std::size_t classes = 0;
    for (const OddDiskClass& one : classes_to_mend()) {
        SCOPED_TRACE(one.name);
        std::string content;
        std::optional<DiskMending> mending;
        const int steps = testing::stop_at_each_step(
            GetParam(),
            [&](const fs::path& folder) {
                content = one.write(folder).content;
                mending = mending_of(folder / "disk.vmdk");
            },
            [&](const fs::path& folder, Progress&) {
                mend_disk(folder / "disk.vmdk", *mending, testing::settings_for(GetParam()));
            },
            [&](const fs::path& folder) {
                const fs::path disk = folder / "disk.vmdk";
                EXPECT_TRUE(testing::alike(testing::disk_content_at(disk), content));
                mend_disk(disk, mending_of(disk), testing::plain_settings());
                EXPECT_FALSE(mending_of(disk).needed());
                EXPECT_TRUE(testing::alike(testing::disk_content_at(disk), content)) << "mended";
            });
        EXPECT_GE(steps, 2);
        ++classes;
    }
    EXPECT_GE(classes, 3U);
}

INSTANTIATE_TEST_SUITE_P(By, MendingSweep, ::testing::Values(Stop::CallFailure, Stop::CallDeath),
                         testing::name_of_stop);

}  // namespace
}  // namespace vix::power
