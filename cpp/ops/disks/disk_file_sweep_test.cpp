// A change of a disk that stops at any step loses nothing, and the next attempt finishes it.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "ops/disks/disk_rename.h"
#include "ops/disks/disk_repair.h"
#include "ops/disks/disk_rewrite.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/disks/hosted_image.h"
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

constexpr std::uint64_t kSectors = 4096;
constexpr std::uint64_t kMore = 6000;

// A machine with an embedded disk, a split sparse one whose first extent ends inside a grain, and a
// flat one. Each has grains in disorder or zeros among its data.
class DiskChangeSweep : public ::testing::TestWithParam<Stop> {
  protected:
    void prepare(const fs::path& folder) {
        folder_ = folder;
        write_disks();
        testing::write_file(folder / "vm.vmx",
                            testing::vmx_with_disks(
                                {"scsi0:0=mono.vmdk", "scsi0:1=split.vmdk", "scsi0:2=flat.vmdk"}));
    }

    void write_disks() const {
        testing::HostedImage mono;
        mono.capacity = kSectors;
        mono.grains = {{3, 'a'}, {5, 'b'}, {31, 'c'}};
        testing::DescriptorText text;
        text.extents = {"RW 4096 SPARSE \"mono.vmdk\""};
        mono.descriptor = text.text();
        testing::write_file(folder_ / "mono.vmdk", mono.bytes());
        testing::HostedImage one;
        one.capacity = 2000;
        one.grains = {{0, 'd'}, {15, 'e'}};
        testing::write_file(folder_ / "split-s001.vmdk", one.bytes());
        testing::HostedImage two;
        two.capacity = kSectors - 2000;
        two.grains = {{2, 'f'}};
        testing::write_file(folder_ / "split-s002.vmdk", two.bytes());
        text.create_type = "twoGbMaxExtentSparse";
        text.extents = {"RW 2000 SPARSE \"split-s001.vmdk\"", "RW 2096 SPARSE \"split-s002.vmdk\""};
        testing::write_file(folder_ / "split.vmdk", text.text());
        text.create_type = "monolithicFlat";
        text.extents = {"RW 4096 FLAT \"flat-flat.vmdk\" 0"};
        testing::write_file(folder_ / "flat.vmdk", text.text());
        testing::write_file(folder_ / "flat-flat.vmdk", testing::content('g', 0, kSectors));
    }

    DiskAt at(const std::string& name, const vm::Settings& settings) const {
        return {folder_ / name, {}, settings};
    }

    void expect_content(const std::string& name, const std::string& content) const {
        EXPECT_TRUE(alike(read_disk(folder_ / name), content)) << name;
    }

    // `change` changes the disk; `check` gets the disk's content before that.
    template <typename Change, typename Check>
    int sweep(const std::string& name, Change change, Check check) {
        std::string before;
        return testing::stop_at_each_step(
            GetParam(),
            [&](const fs::path& folder) {
                prepare(folder);
                before = read_disk(folder / name);
            },
            [&](const fs::path&, Progress& progress) {
                change(testing::settings_for(GetParam()), progress);
            },
            [&](const fs::path&) { check(before); });
    }

    int sweep_grow(const std::string& name) {
        const auto grow = [&](const vm::Settings& settings, Progress& progress) {
            grow_disk(at(name, settings), kMore, progress);
        };
        return sweep(name, grow, [&](const std::string& before) {
            std::string now = read_disk(folder_ / name);
            std::string after = before;
            after.resize(kMore * 512, '\0');
            if (now.size() == before.size()) {
                EXPECT_TRUE(alike(now, before));
                Progress progress;
                grow(testing::plain_settings(), progress);
                now = read_disk(folder_ / name);
            }
            EXPECT_TRUE(alike(now, after));
            expect_no_leftovers();
        });
    }

    int sweep_compact(const std::string& name, bool shrink) {
        const auto compact = [&](const vm::Settings& settings, Progress& progress) {
            if (shrink) return shrink_disk(at(name, settings), progress);
            defragment_disk(at(name, settings), progress);
        };
        return sweep(name, compact, [&](const std::string& before) {
            expect_content(name, before);
            Progress progress;
            compact(testing::plain_settings(), progress);
            expect_content(name, before);
            expect_no_leftovers();
        });
    }

    int sweep_rename(const std::string& name, const std::string& node) {
        const auto rename = [&](const vm::Settings& settings, Progress& progress) {
            rename_disk(at(name, settings), folder_ / "other.vmdk", progress);
        };
        return sweep(name, rename, [&](const std::string& before) {
            const fs::path vmx = folder_ / "vm.vmx";
            expect_content(testing::present_disk(vmx, node), before);
            Progress progress;
            const auto again = [&] { rename(testing::plain_settings(), progress); };
            if (fs::exists(folder_ / name)) again();
            static_cast<void>(code_of(again));  // deletes old names of extents
            EXPECT_EQ(testing::present_disk(vmx, node), "other.vmdk");
            expect_content("other.vmdk", before);
            const std::string stem = fs::path{name}.stem().string();
            for (const auto& [file, bytes] : testing::tree_of(folder_)) {
                if (file.find(".lck") == std::string::npos) {
                    EXPECT_NE(file.compare(0, stem.size(), stem), 0) << file;
                }
            }
        });
    }

    void expect_no_leftovers() const {
        for (const auto& [name, bytes] : testing::tree_of(folder_)) {
            EXPECT_EQ(name.find(".vix-new"), std::string::npos) << name;
        }
    }

    fs::path folder_;
};

INSTANTIATE_TEST_SUITE_P(By, DiskChangeSweep, testing::every_stop(), testing::name_of_stop);

TEST_P(DiskChangeSweep, GrowEmbedded) {
    EXPECT_GE(sweep_grow("mono.vmdk"), 3);
}

TEST_P(DiskChangeSweep, GrowSplit) {
    EXPECT_GE(sweep_grow("split.vmdk"), 3);
}

TEST_P(DiskChangeSweep, GrowFlat) {
    EXPECT_GE(sweep_grow("flat.vmdk"), 3);
}

TEST_P(DiskChangeSweep, ShrinkEmbedded) {
    EXPECT_GE(sweep_compact("mono.vmdk", true), 3);
}

TEST_P(DiskChangeSweep, ShrinkSplit) {
    EXPECT_GE(sweep_compact("split.vmdk", true), 5);
}

TEST_P(DiskChangeSweep, RenameEmbedded) {
    EXPECT_GE(sweep_rename("mono.vmdk", "scsi0:0"), 3);
}

TEST_P(DiskChangeSweep, RenameSplit) {
    EXPECT_GE(sweep_rename("split.vmdk", "scsi0:1"), 6);
}

TEST_P(DiskChangeSweep, RenameFlat) {
    EXPECT_GE(sweep_rename("flat.vmdk", "scsi0:2"), 5);
}

}  // namespace
}  // namespace vix::ops
