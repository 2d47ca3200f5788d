#include "power/disks/images.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "io/process/process.h"
#include "power/disks/image_server.h"
#include "testing/disks/alike.h"
#include "testing/machines/machines.h"
#include "testing/machines/snapshot_machine.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::power {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;

std::vector<Image> images_of(const fs::path& vmx, std::vector<std::string>& notes) {
    const auto machine = vm::Machine::open(vmx, testing::plain_settings());
    auto drives = drives_of(machine, notes);
    return find_images(machine, drives, notes);
}

std::vector<Image> images_of(const fs::path& vmx) {
    std::vector<std::string> notes;
    return images_of(vmx, notes);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += word + '\n';
    return text;
}

TEST(Images, OnlyTheTopOfAChainIsWritten) {
    const TempFolder folder;
    const auto images = images_of(testing::write_small_machine(folder.path()));
    const auto text = joined(server_arguments({images.front()}, "/s"));
    ASSERT_EQ(images.front().chain.size(), 2U);
    EXPECT_TRUE(testing::contains(text, "node-name=scsi0-0.1f,filename=" +
                                            images.front().chain[1].string() + ",read-only=on\n"))
        << text;
    EXPECT_TRUE(testing::contains(text, "node-name=scsi0-0.0,file=scsi0-0.0f,backing=scsi0-0.1\n"));
    EXPECT_TRUE(testing::contains(text, "name=scsi0:0,writable=on\n"));
}

TEST(Images, CommaInANameIsNoOption) {
    const Image image{"ide0:0", {"/a,read-only=on.vmdk"}, true, true, {}};
    EXPECT_TRUE(testing::contains(joined(server_arguments({image}, "/s")),
                                  "filename=/a,,read-only=on.vmdk\n"));
}

TEST(Images, DiskOfASnapshotIsNotWritten) {
    const TempFolder folder;
    testing::SnapshotMachine machine{folder.path()};
    const std::string before = testing::read_file(machine.vmx);
    machine.take("frozen");
    testing::write_file(machine.vmx, before);  // as another tool may leave it
    EXPECT_EQ(code_of([&] { images_of(machine.vmx); }), VIX_E_SNAPSHOT_INCONSISTENT);
}

TEST(Images, DeltaOnASnapshotIsWritten) {
    const TempFolder folder;
    testing::SnapshotMachine machine{folder.path()};
    machine.take("frozen");
    EXPECT_EQ(images_of(machine.vmx).size(), 2U);
}

TEST(Images, ExtentOutsideTheFoldersIsRefused) {
    const TempFolder folder;
    folder.write("elsewhere/secret", std::string(512 * 1024, 'x'));
    testing::DescriptorText disk;
    disk.create_type = "monolithicFlat";
    disk.extents = {"RW 1024 FLAT \"" + (folder / "elsewhere/secret").string() + "\" 0"};
    folder.write("vm/a.vmdk", disk.text());
    const auto vmx = folder.write("vm/vm.vmx", testing::vmx_with_disks({"scsi0:0=a.vmdk"}));
    EXPECT_EQ(code_of([&] { images_of(vmx); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST(Images, MissingCdLeavesItsDriveEmpty) {
    const TempFolder folder;
    const auto vmx = folder.write("vm.vmx",
                                  "ide1:0.present = \"TRUE\"\nide1:0.deviceType = \"cdrom-image\"\n"
                                  "ide1:0.fileName = \"none.iso\"\n");
    std::vector<std::string> notes;
    EXPECT_TRUE(images_of(vmx, notes).empty());
    EXPECT_TRUE(testing::contains(joined(notes), "none.iso"));
}

TEST(Images, OneThatIsConnectedLaterIsServedAndMayBeMissing) {
    const TempFolder folder;
    folder.write("a.iso", std::string(2048, ' '));
    const auto vmx =
        folder.write("vm.vmx",
                     "ide1:0.present = \"TRUE\"\nide1:0.deviceType = \"cdrom-image\"\n"
                     "ide1:0.fileName = \"a.iso\"\nide1:0.startConnected = \"FALSE\"\n"
                     "ide1:1.present = \"TRUE\"\nide1:1.deviceType = \"cdrom-image\"\n"
                     "ide1:1.fileName = \"none.iso\"\nide1:1.startConnected = \"FALSE\"\n");
    std::vector<std::string> notes;
    const auto images = images_of(vmx, notes);
    ASSERT_EQ(images.size(), 1U);
    EXPECT_EQ(images[0].name, "ide1:0");
    EXPECT_EQ(joined(notes), "");
}

std::vector<Image> images_with_floppy(const fs::path& vmx, const fs::path& floppy) {
    testing::write_file(vmx, testing::read_file(vmx) +
                                 "floppy0.present = \"TRUE\"\nfloppy0.fileType = \"file\"\n" +
                                 "floppy0.fileName = \"" + floppy.string() + "\"\n");
    return images_of(vmx);
}

TEST(Images, AFloppyElsewhereIsNotWritten) {
    const TempFolder folder;
    const auto elsewhere = folder.write("elsewhere.img", std::string(1474560, ' '));
    const auto images = images_with_floppy(testing::write_small_machine(folder / "vm"), elsewhere);
    ASSERT_EQ(images.back().name, "floppy0");
    EXPECT_FALSE(images.back().writable);
}

TEST(Images, AFloppyOfTheMachineIsWritten) {
    const TempFolder folder;
    const auto vmx = testing::write_small_machine(folder / "vm");
    folder.write("vm/own.img", std::string(1474560, ' '));
    const auto images = images_with_floppy(vmx, "own.img");
    ASSERT_EQ(images.back().name, "floppy0");
    EXPECT_TRUE(images.back().writable);
}

TEST(Images, NonpersistentDiskIsOnlyRead) {
    const TempFolder folder;
    folder.write("a.vmdk", testing::mono_disk("a.vmdk", 'a', 1));
    const auto vmx = folder.write("vm.vmx", testing::vmx_with_disks({"scsi0:0=a.vmdk"}) +
                                                "scsi0:0.mode = \"independent-nonpersistent\"\n");
    const auto images = images_of(vmx);
    EXPECT_FALSE(images.front().writable);
    EXPECT_FALSE(images.front().scratch.empty());
}

class Server : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!io::find_program(io::Environment::of_process(), "qemu-storage-daemon"))
            GTEST_SKIP() << "no qemu-storage-daemon";
    }
    TempFolder folder_;
    HostShell host_{io::Environment::of_process()};
};

TEST_F(Server, ServesWhatTheDisksHold) {
    const auto images = images_of(testing::write_small_machine(folder_ / "vm"));
    ImageServer server{folder_.path(), "s", host_};
    server.start(images, {});
    const auto raw = folder_ / "raw";
    const auto outcome =
        io::run(io::Environment::of_process(),
                {"qemu-img", "convert", "-f", "raw", "-O", "raw",
                 "nbd+unix:///scsi0:0?socket=" + server.socket().string(), raw.string()});
    server.stop();
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_TRUE(testing::alike(testing::read_file(raw), testing::first_disk_content()));
    EXPECT_FALSE(fs::exists(server.socket().parent_path()));
}

TEST_F(Server, EndsWithTheProcessItServesAndTakesItsMarksAlong) {
    const auto images = images_of(testing::write_small_machine(folder_ / "vm"));
    ImageServer server{folder_.path(), "s", host_};
    server.start(images, {});
    const auto mark = folder_.write("x.lck/M00001.lck", "");
    server.attach(1999999999, {mark}, {});  // there is no such process
    EXPECT_TRUE(testing::wait_until([&] { return !fs::exists(server.socket().parent_path()); }));
    EXPECT_FALSE(fs::exists(mark.parent_path()));
}

TEST_F(Server, SetsCleanShutdownWhenAMachineThatRanHasEnded) {
    const auto images = images_of(testing::write_small_machine(folder_ / "vm"));
    for (const bool ran : {true, false}) {
        const auto vmx = folder_.write("x.vmx", "a = \"b\"\r\nCleanShutdown = \"FALSE\"\r\n");
        ImageServer server{folder_.path(), "s", host_};
        server.start(images, {});
        if (ran) server.note_start(vmx);
        server.attach(1999999999, {}, {});  // there is no such process
        EXPECT_TRUE(
            testing::wait_until([&] { return !fs::exists(server.socket().parent_path()); }));
        EXPECT_EQ(vm::Config::read(vmx).find("cleanShutdown"), ran ? "TRUE" : "FALSE");
        EXPECT_TRUE(testing::contains(testing::read_file(vmx), "a = \"b\"\r\n"));
    }
}

TEST_F(Server, OfMoreFilesThanAProcessMayHaveNamesTheLimit) {
    ImageServer server{folder_.path(), "s", host_};
    auto images = images_of(testing::write_small_machine(folder_ / "vm"));
    images.front().files = std::size_t{1} << 40;
    const auto start = [&] { server.start(images, {}); };
    EXPECT_EQ(code_of(start), VIX_E_DISK_TOOMANYOPENFILES);
    EXPECT_TRUE(testing::contains(testing::detail_of(start), "ulimit -H -n"));
}

TEST_F(Server, TellsWhyItCannotServe) {
    ImageServer server{folder_.path(), "s", host_};
    const auto path = folder_.write("none.vmdk", "no disk");
    const auto start = [&] { server.start({{"ide0:0", {path}, true, true, {}}}, {}); };
    EXPECT_TRUE(testing::contains(testing::detail_of(start), "none.vmdk") ||
                testing::contains(testing::detail_of(start), "image"));
    EXPECT_EQ(code_of(start), VIX_E_DISK_NOIO);
}

}  // namespace
}  // namespace vix::power
