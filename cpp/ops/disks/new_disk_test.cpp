#include "ops/disks/new_disk.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "io/locks/lock.h"
#include "testing/disks/alike.h"
#include "testing/disks/extents.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::read_disk;
using testing::TempFolder;

class NewDiskTest : public ::testing::Test {
  protected:
    void create(const std::string& name, const NewDisk& disk, DiskLayout layout) const {
        Progress progress;
        create_disk(folder / name, disk, layout, testing::plain_settings(), progress);
    }

    TempFolder folder;
};

TEST_F(NewDiskTest, EachLayoutReadsAsZeros) {
    for (int number = 0; number <= 6; ++number) {
        const std::string name = "disk" + std::to_string(number) + ".vmdk";
        create(name, {4096, "lsilogic"}, static_cast<DiskLayout>(number));
        EXPECT_TRUE(testing::alike(read_disk(folder / name), std::string(4096 * 512, '\0')));
    }
}

TEST_F(NewDiskTest, HasTheGeometryOfItsAdapter) {
    const Geometry small = geometry_for(4096, "lsilogic");
    EXPECT_EQ(small.cylinders * 10000 + small.heads * 100 + small.sectors, 2u * 10000 + 6432);
    EXPECT_EQ(geometry_for(std::uint64_t{20} << 21, "lsilogic").cylinders, 2610u);
    EXPECT_EQ(geometry_for(std::uint64_t{20} << 21, "ide").cylinders, 16383u);
}

TEST_F(NewDiskTest, RefusesWhatExists) {
    folder.write("a-flat.vmdk", "mine");
    const auto again = [&] { create("a.vmdk", {4096, "ide"}, DiskLayout::MonolithicFlat); };
    EXPECT_EQ(code_of(again), VIX_E_FILE_ALREADY_EXISTS);
    EXPECT_EQ(testing::names_in(folder.path()), "a-flat.vmdk");
}

TEST_F(NewDiskTest, RefusesImpossibleCapacitiesAndNames) {
    const auto make = [&](const std::string& name, std::uint64_t sectors, const char* adapter) {
        return code_of([&] { create(name, {sectors, adapter}, DiskLayout::MonolithicSparse); });
    };
    EXPECT_EQ(make("a.vmdk", 2047, "ide"), VIX_E_INVALID_ARG);
    EXPECT_EQ(make("a.vmdk", kMostCapacity + 1, "ide"), VIX_E_INVALID_ARG);
    EXPECT_EQ(make("a.vmdk", kMostBuslogicCapacity + 1, "buslogic"), VIX_E_INVALID_ARG);
    EXPECT_EQ(make("a.img", 4096, "ide"), VIX_E_INVALID_ARG);
    EXPECT_EQ(make("a\"b.vmdk", 4096, "ide"), VIX_E_INVALID_ARG);
    EXPECT_EQ(testing::names_in(folder.path()), "");
}

TEST_F(NewDiskTest, LeavesZerosOut) {
    const std::string data = testing::content('x', 0, 128) + std::string(128 * 512, '\0') +
                             testing::content('y', 256, 3840);
    folder.write("flat-flat.vmdk", data);
    testing::DescriptorText text;
    text.create_type = "monolithicFlat";
    text.extents = {"RW 4096 FLAT \"flat-flat.vmdk\" 0"};
    const auto source = folder.write("flat.vmdk", text.text());
    Progress progress;
    convert_disk(source, folder / "sparse.vmdk", DiskLayout::MonolithicSparse,
                 testing::plain_settings(), progress);
    EXPECT_TRUE(testing::alike(read_disk(folder / "sparse.vmdk"), data));
    EXPECT_EQ(fs::file_size(folder / "sparse.vmdk"), (128 + 31 * 128) * 512u);
}

TEST_F(NewDiskTest, RefusesADiskInUse) {
    const auto source = folder.write("a.vmdk", testing::mono_disk("a.vmdk", 'a', 1));
    const io::Lock lock{source, io::LockKind::Exclusive};
    Progress progress;
    const auto convert = [&] {
        convert_disk(source, folder / "b.vmdk", DiskLayout::MonolithicFlat,
                     testing::plain_settings(), progress);
    };
    EXPECT_EQ(code_of(convert), VIX_E_FILE_ALREADY_LOCKED);
}

}  // namespace
}  // namespace vix::ops
