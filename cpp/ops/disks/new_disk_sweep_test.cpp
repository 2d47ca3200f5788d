// A new disk that stops at any step is complete or not there at all, and the next attempt succeeds.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "ops/disks/new_disk.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/machines/family.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"
#include "testing/process/sweep.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::alike;
using testing::code_of;
using testing::read_disk;
using testing::Stop;
using testing::tree_without_locks;

class NewDiskSweep : public ::testing::TestWithParam<Stop> {
  protected:
    void prepare(const fs::path& folder) {
        const fs::path vmx = testing::write_small_machine(folder / "src");
        source_ = vmx.parent_path() / testing::present_disk(vmx, "scsi0:0");
        fs::create_directory(folder / "dst");
        disk_ = folder / "dst/new.vmdk";
        before_ = tree_without_locks(folder);
    }

    void convert(DiskLayout layout, const vm::Settings& settings, Progress& progress) const {
        convert_disk(source_, disk_, layout, settings, progress);
    }

    int sweep(DiskLayout layout) {
        return testing::stop_at_each_step(
            GetParam(), [&](const fs::path& folder) { prepare(folder); },
            [&](const fs::path&, Progress& progress) {
                convert(layout, testing::settings_for(GetParam()), progress);
            },
            [&](const fs::path& folder) { expect_all_or_nothing(folder, layout); });
    }

    void expect_all_or_nothing(const fs::path& folder, DiskLayout layout) const {
        const bool there = fs::exists(disk_);
        if (!there && GetParam() == Stop::Failure) {
            EXPECT_TRUE(tree_without_locks(folder) == before_);
        }
        Progress progress;
        const auto again = [&] { convert(layout, testing::plain_settings(), progress); };
        EXPECT_EQ(code_of(again), there ? VIX_E_FILE_ALREADY_EXISTS : VIX_OK);
        EXPECT_TRUE(alike(read_disk(disk_), testing::first_disk_content()));
        for (const auto& [name, bytes] : before_) {
            if (!name.empty() && name.back() != '/') {
                EXPECT_TRUE(testing::read_file(folder / name) == bytes) << name;
            }
        }
    }

    fs::path source_;
    fs::path disk_;
    std::map<std::string, std::string> before_;
};

INSTANTIATE_TEST_SUITE_P(By, NewDiskSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(NewDiskSweep, Sparse) {
    EXPECT_GE(sweep(DiskLayout::MonolithicSparse), 4);
}

TEST_P(NewDiskSweep, SplitFlat) {
    EXPECT_GE(sweep(DiskLayout::SplitFlat), 5);
}

TEST_P(NewDiskSweep, Stream) {
    EXPECT_GE(sweep(DiskLayout::Stream), 4);
}

}  // namespace
}  // namespace vix::ops
