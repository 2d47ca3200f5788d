#include "power/domain/boot_order.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"

namespace vix::power {
namespace {

using testing::code_of;
using testing::detail_of;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string present(const std::string& node) {
    return node + ".present = \"TRUE\"\n" + node + ".fileName = \"" + node + ".vmdk\"\n";
}

const std::string kMachine = present("scsi0:0") + present("scsi0:1") + present("sata0:0") +
                             "scsi0.virtualDev = \"lsilogic\"\n"
                             "ide1:0.present = \"TRUE\"\nide1:0.deviceType = \"cdrom-raw\"\n"
                             "floppy0.present = \"TRUE\"\nfloppy0.fileType = \"file\"\n"
                             "floppy0.fileName = \"a.flp\"\n"
                             "ethernet0.present = \"TRUE\"\nethernet2.present = \"TRUE\"\n";

std::string order_of(const std::string& text, std::vector<std::string>& notes) {
    const auto machine = vm::Config::parse("/vms/a.vmx", text, "/vms/a.vmx");
    std::vector<std::string> ignored;
    return joined(boot_devices(machine, drives_of(machine, ignored), notes));
}

std::string order_of(const std::string& hints) {
    std::vector<std::string> notes;
    return order_of(kMachine + hints, notes);
}

TEST(BootOrder, WithoutHintsIsThatOfVmwaresBios) {
    EXPECT_EQ(order_of(""), "floppy0 scsi0:0 scsi0:1 sata0:0 ide1:0 ethernet0 ethernet2");
}

TEST(BootOrder, DisksOfHddOrderComeBeforeTheOthers) {
    EXPECT_EQ(order_of("bios.hddOrder = \"sata0:0,scsi0:1\"\n"),
              "floppy0 sata0:0 scsi0:1 scsi0:0 ide1:0 ethernet0 ethernet2");
    EXPECT_EQ(order_of("bios.hddOrder = \"SCSI0:1 sata0:0\"\n"),
              "floppy0 scsi0:1 sata0:0 scsi0:0 ide1:0 ethernet0 ethernet2");
}

TEST(BootOrder, DevicesOfBootOrderComeBeforeTheOthers) {
    EXPECT_EQ(order_of("bios.bootOrder = \"ethernet2,CDROM, hdd\"\nbios.hddOrder = \"scsi0:1\"\n"),
              "ethernet2 ide1:0 scsi0:1 scsi0:0 sata0:0 floppy0 ethernet0");
}

TEST(BootOrder, FirmwareEfiFollowsTheHintsOfTheBios) {
    EXPECT_EQ(order_of("firmware = \"efi\"\nbios.bootOrder = \"cdrom,hdd\"\n"
                       "efi.quickBoot.enabled = \"FALSE\"\nefi.bootOrder = \"\"\n"),
              "ide1:0 scsi0:0 scsi0:1 sata0:0 floppy0 ethernet0 ethernet2");
}

TEST(BootOrder, OnlyAllowedClassesAreStartedFromInTheirOrder) {
    EXPECT_EQ(order_of("bios.bootDeviceClasses = \"allow:cd,hd\"\n"),
              "ide1:0 scsi0:0 scsi0:1 sata0:0");
    EXPECT_EQ(order_of("bios.bootDeviceClasses = \"allow:hd, any\"\n"),
              "scsi0:0 scsi0:1 sata0:0 floppy0 ide1:0 ethernet0 ethernet2");
    EXPECT_EQ(order_of("bios.bootDeviceClasses = \"allow:cd,hd\"\nbios.bootOrder = \"hdd\"\n"),
              "scsi0:0 scsi0:1 sata0:0 ide1:0");
}

TEST(BootOrder, DeniedClassesAreNotStartedFrom) {
    EXPECT_EQ(order_of("bios.bootDeviceClasses = \"deny:net,fd,usb\"\n"),
              "scsi0:0 scsi0:1 sata0:0 ide1:0");
    EXPECT_EQ(code_of([] { order_of("bios.bootDeviceClasses = \"deny:all\"\n"); }),
              VIX_E_CANNOT_POWER_ON_VM);
}

TEST(BootOrder, DeviceThatIsNotThereLeadsToTheNextAndToANote) {
    std::vector<std::string> notes;
    EXPECT_EQ(order_of(kMachine + "bios.bootOrder = \"ethernet1,hdd\"\n"
                                  "bios.hddOrder = \"nvme0:0,ide1:0,sata0:0\"\n",
                       notes),
              "sata0:0 scsi0:0 scsi0:1 floppy0 ide1:0 ethernet0 ethernet2");
    EXPECT_EQ(notes.size(), 3U) << joined(notes);
}

class UnknownHint : public ::testing::TestWithParam<std::string> {};

TEST_P(UnknownHint, IsRefused) {
    const std::string detail = detail_of([&] { order_of(GetParam()); });
    EXPECT_EQ(code_of([&] { order_of(GetParam()); }), VIX_E_CANNOT_POWER_ON_VM);
    EXPECT_TRUE(testing::contains(detail, GetParam().substr(0, GetParam().find(" =")))) << detail;
}

INSTANTIATE_TEST_SUITE_P(
    All, UnknownHint,
    ::testing::Values("bios.bootOrder = \"disk,cdrom\"\n", "bios.bootOrder = \"ethernet\"\n",
                      "bios.bootOrder = \"scsi0:0\"\n", "bios.hddOrder = \"hdd0\"\n",
                      "bios.bootDeviceClasses = \"hd\"\n",
                      "bios.bootDeviceClasses = \"allow:disk\"\n",
                      "efi.bootOrder = \"cdrom,hdd\"\nfirmware = \"efi\"\n",
                      "efi.legacyBoot.enabled = \"TRUE\"\nfirmware = \"efi\"\n"));

TEST(BootOrder, EmptyFloppyDriveIsNotStartedFrom) {
    std::vector<std::string> notes;
    EXPECT_EQ(order_of(present("ide0:0") + "floppy0.present = \"TRUE\"\n"
                                           "floppy0.fileType = \"file\"\n",
                       notes),
              "ide0:0");
}

TEST(BootOrder, OneOfMoreDisksThanTheBiosFindsIsStartedFrom) {
    std::string text = "scsi0.virtualDev = \"pvscsi\"\nbios.hddOrder = \"scsi0:9\"\n";
    for (int unit = 8; unit < 20; ++unit) text += present("scsi0:" + std::to_string(unit));
    std::vector<std::string> notes;
    EXPECT_EQ(order_of(text, notes).substr(0, 16), "scsi0:9 scsi0:8 ");
    EXPECT_EQ(order_of(text + present("sata0:0"), notes), "scsi0:9");
    EXPECT_EQ(notes.size(), 1U);
    EXPECT_EQ(order_of(text + present("sata0:0") + "firmware = \"efi\"\n", notes).substr(0, 16),
              "scsi0:9 scsi0:8 ");
}

}  // namespace
}  // namespace vix::power
