// A guest's writes through the image server, to every class of disk that our reader accepts. An
// allowed disk must read correctly afterwards with our reader, QEMU and libvmdk; a refused disk
// must be unchanged to the byte. doc/qemu-writes.md has the same classes without the verdict.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>
#include <random>

#include "io/process/process.h"
#include "power/disks/disk_check.h"
#include "power/disks/image_server.h"
#include "power/disks/images.h"
#include "testing/disks/alike.h"
#include "testing/disks/image.h"
#include "testing/disks/odd_disks.h"
#include "testing/disks/samples.h"
#include "testing/machines/family.h"
#include "testing/machines/machines.h"
#include "testing/process/failure.h"

namespace vix::power {
namespace {

namespace fs = boost::filesystem;
using testing::alike;
using testing::OddDisk;
using testing::OddDiskClass;
using testing::TempFolder;

constexpr std::size_t kOperations = 40;
constexpr std::uint64_t kSector = testing::kSector;

struct Write {
    enum class Kind { Data, Zeros, Discard };
    Kind kind;
    std::uint64_t offset;
    std::uint64_t length;
    unsigned char fill;

    std::string command() const {
        const std::string range = std::to_string(offset) + ' ' + std::to_string(length);
        if (kind == Kind::Data) return "write -P " + std::to_string(fill) + ' ' + range;
        return (kind == Kind::Zeros ? "write -z " : "discard ") + range;
    }
};

// Aligned and unaligned writes, across grains and extents, up to the last sector.
std::vector<Write> some_writes(std::uint64_t bytes) {
    std::mt19937_64 random{11};  // NOLINT(cert-msc51-cpp): the same ones each time
    std::vector<Write> writes{{Write::Kind::Data, bytes - 3 * kSector, 3 * kSector, 0x77},
                              {Write::Kind::Data, bytes / 2 - 4096, 8192, 0x78}};
    for (std::size_t i = 0; i < kOperations; ++i) {
        const auto kind = static_cast<Write::Kind>(random() % 5 < 3 ? 0 : random() % 2 + 1);
        std::uint64_t offset = random() % (bytes / kSector) * kSector;
        if (random() % 3 == 0) offset = offset / 65536 * 65536;
        const std::uint64_t length = (random() % 300 + 1) * kSector;
        writes.push_back({kind, offset, std::min(length, bytes - offset),
                          static_cast<unsigned char>(random() % 255 + 1)});
    }
    return writes;
}

void apply(const std::vector<Write>& writes, std::string& content) {
    for (const Write& write : writes) {
        if (write.kind == Write::Kind::Discard) continue;
        const char fill = write.kind == Write::Kind::Data ? static_cast<char>(write.fill) : '\0';
        content.replace(write.offset, write.length, write.length, fill);
    }
}

class QemuWrites : public ::testing::TestWithParam<OddDiskClass> {
  protected:
    void SetUp() override {
        for (const char* tool : {"qemu-storage-daemon", "qemu-io", "qemu-img"}) {
            if (!io::find_program(io::Environment::of_process(), tool))
                GTEST_SKIP() << tool << " is not installed";
        }
        fs::create_directories(folder_ / "vm");
        disk_ = GetParam().write(folder_ / "vm");
    }

    std::vector<Image> find(const std::string& disk) {
        const auto vmx = folder_.write("vm.vmx", testing::vmx_with_disks({"scsi0:0=vm/" + disk}));
        const auto machine = vm::Machine::open(vmx, testing::plain_settings());
        std::vector<std::string> notes;
        auto drives = drives_of(machine, notes);
        return find_images(machine, drives, notes);
    }

    // Like a start, with a guest that writes without reading first.
    void write_to(const std::string& disk) {
        const auto images = find(disk);
        const fs::path& top = images.front().chain.front();
        if (images.front().mending.needed()) {
            mend_disk(top, images.front().mending, testing::plain_settings());
            EXPECT_TRUE(alike(testing::disk_content_at(top), disk_.content)) << "mended";
        }
        ImageServer server{folder_.path(), "s", host_};
        server.start(images, {});
        const auto writes = some_writes(disk_.content.size());
        std::vector<std::string> command{"qemu-io", "-f", "raw",
                                         "nbd+unix:///scsi0:0?socket=" + server.socket().string()};
        for (const Write& write : writes) {
            command.insert(command.end(), {"-c", write.command()});
        }
        command.insert(command.end(), {"-c", "flush"});
        const auto outcome = io::run(io::Environment::of_process(), command);
        server.stop();
        EXPECT_EQ(outcome.status, 0) << outcome.output;
        EXPECT_FALSE(testing::contains(outcome.output, "failed")) << outcome.output;
        apply(writes, disk_.content);
    }

    void expect_content_in(const std::string& disk) {
        const fs::path top = folder_ / "vm" / disk;
        EXPECT_TRUE(alike(testing::disk_content_at(top), disk_.content));
        const auto raw = folder_.write("raw", disk_.content);
        const auto check = io::run(io::Environment::of_process(),
                                   {"qemu-img", "check", "-f", "vmdk", top.string()});
        EXPECT_EQ(check.status, 0) << check.output;
        const auto compare =
            io::run(io::Environment::of_process(),
                    {"qemu-img", "compare", "-f", "vmdk", "-F", "raw", top.string(), raw.string()});
        EXPECT_EQ(compare.status, 0) << compare.output;
    }

    void expect_content_by_libvmdk() {
        const fs::path script = testing::project_file("t/lib/VixTest/libvmdk_compare.py");
        const bool there =
            fs::exists("/usr/bin/python3") &&
            io::run(io::Environment::of_process(), {"/usr/bin/python3", "-c", "import pyvmdk"})
                    .status == 0;
        if (!disk_.libvmdk_reads_it || !there) return;
        const auto outcome =
            io::run(io::Environment::of_process(),
                    {"/usr/bin/python3", script.string(), (folder_ / "vm/disk.vmdk").string(),
                     (folder_ / "raw").string()});
        EXPECT_EQ(outcome.output, "same\n");
    }

    const fs::path& folder() const { return folder_.path(); }

    TempFolder folder_;
    HostShell host_{io::Environment::of_process()};
    OddDisk disk_;
};

class AllowedTop : public QemuWrites {};

TEST_P(AllowedTop, HoldsWhatTheGuestWrote) {
    EXPECT_TRUE(alike(testing::disk_content_at(folder_ / "vm/disk.vmdk"), disk_.content));
    write_to("disk.vmdk");
    expect_content_in("disk.vmdk");
    expect_content_by_libvmdk();
    EXPECT_FALSE(find("disk.vmdk").front().mending.needed());
}

class RefusedTop : public QemuWrites {};

TEST_P(RefusedTop, IsNotChanged) {
    const auto before = testing::tree_of(folder_ / "vm");
    std::string detail;
    try {
        find("disk.vmdk");
    } catch (const Error& error) {
        detail = error.detail();
        EXPECT_TRUE(error.code() == VIX_E_DISK_NOTSUPPORTED ||
                    error.code() == VIX_E_DISK_NEEDSREPAIR)
            << detail;
    }
    EXPECT_TRUE(testing::contains(detail, "disk.vmdk")) << detail;
    EXPECT_TRUE(testing::contains(detail, "make a full clone")) << detail;
    EXPECT_TRUE(alike(testing::tree_of(folder_ / "vm"), before));
}

class AllowedBase : public QemuWrites {};

TEST_P(AllowedBase, IsReadAsItIsAndNotWritten) {
    testing::write_child_of_disk(folder_ / "vm", disk_.content.size() / kSector);
    auto before = testing::tree_of(folder_ / "vm");
    write_to("top.vmdk");
    expect_content_in("top.vmdk");
    auto after = testing::tree_of(folder_ / "vm");
    before.erase("top.vmdk");
    after.erase("top.vmdk");
    EXPECT_TRUE(alike(after, before));
}

class RefusedBase : public QemuWrites {};

TEST_P(RefusedBase, KeepsItsChildFromStarting) {
    testing::write_child_of_disk(folder_ / "vm", disk_.content.size() / kSector);
    EXPECT_TRUE(
        testing::contains(testing::detail_of([&] { find("top.vmdk"); }), "make a full clone"));
}

std::string name_of(const ::testing::TestParamInfo<OddDiskClass>& info) {
    return info.param.name;
}

std::vector<OddDiskClass> both(std::vector<OddDiskClass> first,
                               const std::vector<OddDiskClass>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

INSTANTIATE_TEST_SUITE_P(Disk, AllowedTop, ::testing::ValuesIn(testing::writable_disk_classes()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Disk, RefusedTop,
                         ::testing::ValuesIn(both(testing::readable_disk_classes(),
                                                  testing::unreadable_disk_classes())),
                         name_of);
// A writable disk that must be repaired first is no base here, because a base is never changed.
INSTANTIATE_TEST_SUITE_P(Disk, AllowedBase, ::testing::ValuesIn(testing::readable_disk_classes()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Disk, RefusedBase, ::testing::ValuesIn(testing::unreadable_disk_classes()),
                         name_of);

// Some QEMU versions lose the last line of a descriptor longer than 10 KiB.
TEST(LongDescriptor, IsServedByAQemuThatKeepsItOrRefused) {
    const TempFolder folder;
    testing::DescriptorText text;
    text.create_type = "monolithicFlat";
    text.extents = {"RW 1024 FLAT \"disk-flat.vmdk\" 0", "# " + std::string(11000, 'x')};
    const auto disk = folder.write("disk.vmdk", text.text());
    folder.write("disk-flat.vmdk", std::string(1024 * kSector, '\0'));
    EXPECT_TRUE(check_new_top(disk, testing::plain_settings()).long_descriptor);
    if (!io::find_program(io::Environment::of_process(), "qemu-io"))
        GTEST_SKIP() << "qemu-io is not installed";
    const bool refused = testing::code_of(
        [&] { require_long_descriptors(disk, HostShell{io::Environment::of_process()}); });
    io::run(io::Environment::of_process(),
            {"qemu-io", "-f", "vmdk", "-c", "write -P 1 0 512", disk.string()});
    const std::string after = testing::read_file(disk);
    EXPECT_EQ(refused, after.find('\0') < text.text().size() - 1);
}

}  // namespace
}  // namespace vix::power
