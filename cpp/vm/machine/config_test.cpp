#include "vm/machine/config.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/disks/samples.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::TempFolder;

Config config_of(const TempFolder& folder, const std::string& text) {
    return Config::read(folder.write("vm.vmx", text));
}

// Returns the attached disks as "scsi0:0=a.vmdk ide0:0=b.vmdk".
std::string disks_of(const std::string& text) {
    const TempFolder folder;
    std::string disks;
    for (const DiskDevice& device : config_of(folder, text).disks()) {
        disks += (disks.empty() ? "" : " ") + device.node + '=' + device.file.name;
    }
    return disks;
}

TEST(DiskNode, OfTheKeysOfEveryBus) {
    EXPECT_EQ(disk_node_of("scsi0:0.fileName"), "scsi0:0");
    EXPECT_EQ(disk_node_of("SATA1:29.FILENAME"), "SATA1:29");
    EXPECT_EQ(disk_node_of("nvme3:14.filename"), "nvme3:14");
    EXPECT_EQ(disk_node_of("ide1:1.fileName"), "ide1:1");
}

TEST(DiskNode, OfNoOtherKey) {
    EXPECT_EQ(disk_node_of("floppy0.fileName"), std::nullopt);
    EXPECT_EQ(disk_node_of("scsi0.fileName"), std::nullopt);
    EXPECT_EQ(disk_node_of("scsi0:0.present"), std::nullopt);
    EXPECT_EQ(disk_node_of("scsi:0.fileName"), std::nullopt);
    EXPECT_EQ(disk_node_of("scsi0:.fileName"), std::nullopt);
    EXPECT_EQ(disk_node_of("scsi0:a.fileName"), std::nullopt);
    EXPECT_EQ(disk_node_of("xscsi0:0.fileName"), std::nullopt);
    EXPECT_EQ(disk_node_of(".fileName"), std::nullopt);
    EXPECT_EQ(disk_node_of(""), std::nullopt);
}

TEST(Config, MissingFileIsNoMachine) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { Config::read(folder / "none.vmx"); }), VIX_E_VM_NOT_FOUND);
    EXPECT_EQ(code_of([&] { Config::read(folder / "no/folder.vmx"); }), VIX_E_VM_NOT_FOUND);
}

TEST(Config, WhatIsNoConfigurationCannotBeRead) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { config_of(folder, ""); }), VIX_E_CANNOT_READ_VM_CONFIG);
    EXPECT_EQ(code_of([&] { config_of(folder, "# nothing\n\n"); }), VIX_E_CANNOT_READ_VM_CONFIG);
    EXPECT_EQ(code_of([&] { config_of(folder, std::string("a = \"1\"\n\0\0", 10)); }),
              VIX_E_CANNOT_READ_VM_CONFIG);
}

TEST(Config, OfMegabytesCannotBeRead) {
    const TempFolder folder;
    folder.write("vm.vmx", "");
    fs::resize_file(folder / "vm.vmx", std::uint64_t{1} << 40);
    EXPECT_EQ(code_of([&] { Config::read(folder / "vm.vmx"); }), VIX_E_CANNOT_READ_VM_CONFIG);
}

TEST(Config, OfManyLinesCannotBeRead) {
    const TempFolder folder;
    std::string text = "a = \"1\"";
    for (int i = 0; i < 200000; ++i) text += "\r";
    EXPECT_EQ(code_of([&] { config_of(folder, text); }), VIX_E_CANNOT_READ_VM_CONFIG);
}

TEST(Config, AFolderMayNotBeRead) {
    const TempFolder folder;
    EXPECT_EQ(code_of([&] { Config::read(folder.path()); }), VIX_E_FILE_ACCESS_ERROR);
}

TEST(Config, DisksAreThosePresent) {
    EXPECT_EQ(disks_of("scsi0:0.present = \"TRUE\"\n"
                       "scsi0:0.fileName = \"a.vmdk\"\n"
                       "scsi0:1.fileName = \"absent.vmdk\"\n"
                       "ide0:0.fileName = \"off.vmdk\"\n"
                       "ide0:0.present = \"FALSE\"\n"
                       "nvme0:0.present = \"true\"\n"
                       "nvme0:0.fileName = \"b.vmdk\"\n"),
              "scsi0:0=a.vmdk nvme0:0=b.vmdk");
}

// As the mode of a disk is read where the machine starts: people put blanks into edited lines.
TEST(Config, ADiskIsIndependentInAnyCaseAndWithBlanks) {
    const auto independent = [](const std::string& mode) {
        const std::string text = "scsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"a.vmdk\"\n";
        const std::string line = "scsi0:0.mode = \"" + mode + "\"\n";
        return Config::parse_leniently("/vm.vmx", text + line).all_disks().at(0).independent;
    };
    EXPECT_TRUE(independent("Independent-persistent"));
    EXPECT_TRUE(independent(" independent-nonpersistent "));
    EXPECT_FALSE(independent("persistent"));
    EXPECT_FALSE(independent(""));
}

TEST(Config, DrivesForMediaAreNoDisks) {
    EXPECT_EQ(disks_of("ide1:0.present = \"TRUE\"\nide1:0.deviceType = \"cdrom-image\"\n"
                       "ide1:0.fileName = \"a.iso\"\n"
                       "ide1:1.present = \"TRUE\"\nide1:1.deviceType = \"atapi-cdrom\"\n"
                       "ide1:1.fileName = \"auto detect\"\n"
                       "scsi0:5.present = \"TRUE\"\nscsi0:5.deviceType = \"scsi-passthru\"\n"
                       "scsi0:5.fileName = \"scsi0:0:5\"\n"),
              "");
}

TEST(Config, DisksOfEveryTypeAreDisks) {
    EXPECT_EQ(disks_of("scsi0:0.present = \"TRUE\"\nscsi0:0.deviceType = \"scsi-hardDisk\"\n"
                       "scsi0:0.fileName = \"a.vmdk\"\n"
                       "ide0:0.present = \"TRUE\"\nide0:0.deviceType = \"rawDisk\"\n"
                       "ide0:0.fileName = \"b.vmdk\"\n"
                       "sata0:0.present = \"TRUE\"\nsata0:0.deviceType = \"DISK\"\n"
                       "sata0:0.fileName = \"c.vmdk\"\n"),
              "scsi0:0=a.vmdk ide0:0=b.vmdk sata0:0=c.vmdk");
}

TEST(Config, AControllerThatIsOffHidesItsDisks) {
    EXPECT_EQ(disks_of("scsi0.present = \"FALSE\"\nscsi0:0.present = \"TRUE\"\n"
                       "scsi0:0.fileName = \"a.vmdk\"\nsata0.present = \"true\"\n"
                       "sata0:0.present = \"TRUE\"\nsata0:0.fileName = \"b.vmdk\"\n"
                       "nvme0:0.present = \"TRUE\"\nnvme0:0.fileName = \"no-line.vmdk\"\n"),
              "sata0:0=b.vmdk nvme0:0=no-line.vmdk");
}

// Returns the detail of the refusal, without the folder; empty if the text is accepted.
std::string refusal_of(const std::string& text) {
    const TempFolder folder;
    try {
        config_of(folder, text);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), VIX_E_CANNOT_READ_VM_CONFIG);
        return error.detail().substr(folder.path().string().size());
    }
    return {};
}

constexpr const char* kTryAgain = "; correct the line and try again";

TEST(Config, ALineThatIsNotUnderstoodIsRefused) {
    EXPECT_EQ(
        refusal_of("a = \"1\"\nscsi0:0.present \"TRUE\"\n"),
        std::string{"/vm.vmx: line 2: this is neither an assignment nor a comment"} + kTryAgain);
    EXPECT_EQ(
        refusal_of("a = \"1\"\n\nscsi0:0.fileName = my disk.vmdk\n"),
        std::string{"/vm.vmx: line 3: the value of scsi0:0.fileName has a blank and no quotes"} +
            kTryAgain);
    EXPECT_EQ(refusal_of("scsi0:0.fileName = \"a.vmdk\n"),
              std::string{"/vm.vmx: line 1: the value of scsi0:0.fileName has no closing quote"} +
                  kTryAgain);
    EXPECT_EQ(refusal_of("scsi0:0.fileName = \"a.vmdk\" b\n"),
              std::string{"/vm.vmx: line 1: text follows the closing quote of the value of "
                          "scsi0:0.fileName"} +
                  kTryAgain);
}

TEST(Config, AKeyThatStandsThereTwiceIsRefusedAlsoWithTheSameValue) {
    EXPECT_EQ(
        refusal_of("scsi0:0.fileName = \"a.vmdk\"\n\nSCSI0:0.filename = \"b.vmdk\"\n"),
        std::string{"/vm.vmx: line 3: SCSI0:0.filename is already defined in line 1"} + kTryAgain);
    EXPECT_EQ(
        refusal_of("msg.autoanswer = \"true\"\nmsg.autoAnswer = \"true\"\n"),
        std::string{"/vm.vmx: line 2: msg.autoAnswer is already defined in line 1"} + kTryAgain);
}

TEST(Config, ADiskWhosePresenceIsNotUnderstoodIsRefused) {
    for (const char* word : {"1", "yes", "T", "TRUE ", "0", "no", ""}) {
        EXPECT_EQ(
            refusal_of("scsi0:0.fileName = \"a.vmdk\"\nscsi0:0.present = \"" + std::string{word} +
                       "\"\n"),
            std::string{"/vm.vmx: line 2: scsi0:0.present is neither \"TRUE\" nor \"FALSE\", so "
                        "it is unclear whether the disk a.vmdk belongs to the virtual "
                        "machine"} +
                kTryAgain);
    }
}

TEST(Config, AControllerOfADiskWhosePresenceIsNotUnderstoodIsRefused) {
    EXPECT_NE(refusal_of("sata0.present = \"on\"\nsata0:0.fileName = \"a.vmdk\"\n"
                         "sata0:0.present = \"TRUE\"\n")
                  .find("line 1: sata0.present is neither"),
              std::string::npos);
}

TEST(Config, OtherDevicesMayBeSwitchedByAnyWord) {
    EXPECT_EQ(refusal_of("sound.present = \"1\"\nscsi1.present = \"yes\"\n"
                         "ide1:0.present = \"yes\"\nide1:0.fileName = \"a.iso\"\n"
                         "ide1:0.deviceType = \"cdrom-image\"\n"),
              "");
}

TEST(Config, AFileWhoseNameIsInAnotherEncodingThanDeclaredIsRefused) {
    EXPECT_EQ(
        refusal_of(".encoding = \"UTF-8\"\nscsi0:0.fileName = \"\xC4\xE3.vmdk\"\n"),
        std::string{"/vm.vmx: line 2: scsi0:0.fileName is not valid in UTF-8, the encoding of "
                    "the file"} +
            kTryAgain);
    EXPECT_EQ(
        refusal_of("nvram = \"\xCE\xBB.nvram\"\n.encoding = \"Klingon\"\n"),
        std::string{"/vm.vmx: line 1: nvram is not valid in Klingon, the encoding of the file"} +
            kTryAgain);
}

TEST(Config, TextInAnotherEncodingThanDeclaredMatterOnlyInNamesOfFiles) {
    EXPECT_EQ(refusal_of(".encoding = \"UTF-8\"\nannotation = \"\xC4\xE3\"\n"), "");
    EXPECT_EQ(refusal_of(".encoding = \"Klingon\"\nscsi0:0.fileName = \"a.vmdk\"\n"), "");
}

// Old products write text in the code page of their host.
TEST(Config, WithoutADeclaredEncodingAnyNameIsRead) {
    EXPECT_EQ(refusal_of("scsi0:0.fileName = \"\x81\x8D.vmdk\"\n"), "");
}

// Returns all disk files that the text names as "scsi0:0=a.vmdk ide0:0=b.vmdk".
std::string all_disks_of(const std::string& text) {
    std::string disks;
    for (const DiskDevice& device : Config::parse_leniently("/vm.vmx", text).all_disks()) {
        disks += (disks.empty() ? "" : " ") + device.node + '=' + device.file.name;
    }
    return disks;
}

TEST(Config, AllDisksAreThoseSwitchedOffAsWell) {
    EXPECT_EQ(all_disks_of("scsi0:0.fileName = \"a.vmdk\"\nscsi0:0.present = \"FALSE\"\n"
                           "scsi0:1.fileName = \"no-line.vmdk\"\n"
                           "sata0.present = \"FALSE\"\nsata0:0.present = \"TRUE\"\n"
                           "sata0:0.fileName = \"b.vmdk\"\nide0:0.fileName = \"\"\n"),
              "scsi0:0=a.vmdk scsi0:1=no-line.vmdk sata0:0=b.vmdk");
}

TEST(Config, AllDisksLeaveOutOnlyWhatIsCertainlyNoDisk) {
    EXPECT_EQ(all_disks_of("ide1:0.deviceType = \"cdrom-image\"\nide1:0.fileName = \"a.iso\"\n"
                           "ide1:1.deviceType = \"cdrom-image\"\nide1:1.fileName = \"B.VMDK\"\n"
                           "sata0:0.deviceType = \"unheard-of\"\nsata0:0.fileName = \"c\"\n"),
              "ide1:1=B.VMDK sata0:0=c");
}

TEST(Config, AllDisksAreThoseOfEachOfSeveralLines) {
    EXPECT_EQ(all_disks_of("scsi0:0.fileName = \"a.vmdk\"\nSCSI0:0.filename = \"b.vmdk\"\n"),
              "scsi0:0=a.vmdk SCSI0:0=b.vmdk");
}

// Returns the fault that the lenient parser reports.
std::string fault_of(const std::string& text) {
    return Config::parse_leniently("/vm.vmx", text).fault().value_or("");
}

TEST(Config, ALenientReadingTellsWhereTheTextIsBroken) {
    EXPECT_EQ(fault_of("a = \"1\"\n\nscsi0:0.fileName = \"a.vmdk\n"),
              "/vm.vmx: line 3: the value of scsi0:0.fileName has no closing quote; "
              "correct the line and try again");
    EXPECT_EQ(fault_of("scsi0:0.fileName = \"a.vmdk\"\nscsi0:0.present = \"yes\"\n"),
              "/vm.vmx: line 2: scsi0:0.present is neither \"TRUE\" nor \"FALSE\", so it is "
              "unclear whether the disk a.vmdk belongs to the virtual machine; "
              "correct the line and try again");
    EXPECT_EQ(fault_of(std::string("a = \"1\"\n\0\0", 10)),
              "/vm.vmx is not the configuration of a virtual machine");
    EXPECT_EQ(fault_of(""), "/vm.vmx is not the configuration of a virtual machine");
}

TEST(Config, ALenientReadingOfASoundTextTellsNothing) {
    EXPECT_EQ(fault_of("scsi0:0.fileName = a.vmdk # bare\nscsi0:0.present = \"true\"\n"), "");
}

TEST(Config, ADiskKeepsTheBytesOfItsName) {
    const TempFolder folder;
    const auto disks = config_of(folder,
                                 ".encoding = \"GBK\"\nscsi0:0.present = \"TRUE\"\n"
                                 "scsi0:0.fileName = \"\xCE\xBB.vmdk\"\n")
                           .disks();
    ASSERT_EQ(disks.size(), 1U);
    EXPECT_EQ(disks[0].file.name, "位.vmdk");
    EXPECT_EQ(disks[0].file.bytes, "\xCE\xBB.vmdk");
}

TEST(Config, IsCalledByItsDisplayNameElseByItsFile) {
    const TempFolder folder;
    EXPECT_EQ(config_of(folder, "displayname = \"My VM\"\n").display_name(), "My VM");
    EXPECT_EQ(config_of(folder, "a = \"1\"\n").display_name(), "vm");
}

TEST(Config, KnowsWhatIsEncrypted) {
    const TempFolder folder;
    EXPECT_TRUE(config_of(folder, "encryption.keySafe = \"x\"\n").is_encrypted());
    EXPECT_TRUE(config_of(folder, "encryption.data = \"x\"\n").is_encrypted());
    EXPECT_TRUE(config_of(folder, "vmx.encryptionType = \"partial\"\n").is_encrypted());
    EXPECT_FALSE(config_of(folder, "encryption = \"x\"\n").is_encrypted());
}

TEST(Config, IsPartiallyEncryptedOnlyWhereItSaysSo) {
    const TempFolder folder;
    const std::string keys = "encryption.keySafe = \"x\"\nencryption.data = \"y\"\n";
    const auto encryption = [&](const std::string& text) {
        return config_of(folder, text).encryption();
    };
    EXPECT_EQ(encryption("vmx.encryptionType = \"Partial\"\n" + keys), Encryption::Partial);
    EXPECT_EQ(encryption("vmx.encryptionType = \"full\"\n" + keys), Encryption::Full);
    EXPECT_EQ(encryption(keys), Encryption::Full);
    EXPECT_EQ(encryption("vmx.encryptionType = \"partial\"\nencryption.data = \"y\"\n"),
              Encryption::Full);
    EXPECT_EQ(encryption("memsize = \"4\"\n"), Encryption::None);
}

TEST(Config, KnowsTemplatesAndSuspendedMachines) {
    const TempFolder folder;
    EXPECT_TRUE(config_of(folder, "templateVM = \"true\"\n").is_template());
    EXPECT_FALSE(config_of(folder, "templateVM = \"no\"\n").is_template());
    EXPECT_TRUE(config_of(folder, "checkpoint.vmState = \"a.vmss\"\n").is_suspended());
    EXPECT_FALSE(config_of(folder, "checkpoint.vmState = \"\"\n").is_suspended());
}

TEST(Config, ReadsNumbersWithAFallback) {
    const TempFolder folder;
    const Config config = config_of(
        folder, "numvcpus = \" 4 \"\nmemsize = \"x\"\nbig = \"99999999999\"\nminus = \"-1\"\n");
    EXPECT_EQ(config.number("numvcpus", 1), 4);
    EXPECT_EQ(config.number("memsize", 256), 256);
    EXPECT_EQ(config.number("big", 7), 7);
    EXPECT_EQ(config.number("minus", 7), 7);
    EXPECT_EQ(config.number("absent", 7), 7);
}

// Two lines have lost their closing quotes.
TEST(ConfigOfSample, VmwareRefusesBrokenQuotesAndSoDoWe) {
    EXPECT_EQ(code_of([] { Config::read(testing::sample_file("broken-quotes/Reception PC.vmx")); }),
              VIX_E_CANNOT_READ_VM_CONFIG);
}

// All samples, and the real machines if there are any.
class ConfigOfFile : public ::testing::TestWithParam<std::string> {};

TEST_P(ConfigOfFile, IsRead) {
    const Config config = Config::read(GetParam());
    EXPECT_FALSE(config.display_name().empty());
}

INSTANTIATE_TEST_SUITE_P(Sample, ConfigOfFile, ::testing::ValuesIn(testing::sample_machines()));
INSTANTIATE_TEST_SUITE_P(Real, ConfigOfFile, ::testing::ValuesIn(testing::real_machines()));

TEST(ConfigOfSample, KnowsTheStateOfTheMachine) {
    EXPECT_TRUE(Config::read(testing::sample_file("encrypted-full.vmx")).is_encrypted());
    EXPECT_TRUE(
        Config::read(testing::sample_file("encrypted-partial/Front Desk.vmx")).is_encrypted());
    EXPECT_TRUE(Config::read(testing::sample_file("suspended/Mail Gate.vmx")).is_suspended());
    EXPECT_FALSE(Config::read(testing::sample_file("minimal-template.vmx")).is_suspended());
}

TEST(ConfigOfSample, FindsTheDiskOfAGbkMachine) {
    const auto disks = Config::read(testing::sample_file("gbk-running/vm.vmx")).disks();
    ASSERT_EQ(disks.size(), 1U);
    EXPECT_EQ(disks[0].file.name, "Depot 7 楼.vmdk");
}

}  // namespace
}  // namespace vix::vm
