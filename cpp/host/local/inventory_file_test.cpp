#include "host/local/inventory_file.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"

namespace vix::host {
namespace {

using Paths = std::vector<std::string>;

// Two machines, one of them in a folder; an unused number; keys of other products.
constexpr const char* kLibrary =
    ".encoding = \"UTF-8\"\n"
    "vmlist1.config = \"/vms/a/a.vmx\"\n"
    "vmlist1.DisplayName = \"|22a|22\"\n"
    "vmlist1.ParentID = \"0\"\n"
    "vmlist1.ItemID = \"1\"\n"
    "vmlist1.SeqID = \"4\"\n"
    "vmlist1.Unknown = \"kept\"\n"
    "vmlist2.config = \"\"\n"
    "vmlist3.config = \"folder3\"\n"
    "vmlist3.Type = \"2\"\n"
    "vmlist3.DisplayName = \"work\"\n"
    "vmlist3.ParentID = \"0\"\n"
    "vmlist3.SeqID = \"5\"\n"
    "vmlist10.config = \"C:\\VMs\\b\\b.VMX\"\n"
    "vmlist10.ParentID = \"3\"\n"
    "vmlist10.SeqID = \"0\"\n"
    "# by hand\n"
    "index0.field0.name = \"guest\"\n"
    "index0.id = \"/vms/a/a.vmx\"\n"
    "index0.field.count = \"1\"\n"
    "index1.hostID = \"localhost\"\n"
    "index1.id = \"C:\\VMs\\b\\b.VMX\"\n"
    "index1.field.count = \"0\"\n"
    "index.count = \"2\"\n";

TEST(InventoryFile, TellsMachinesWithoutFoldersAndEmptyEntries) {
    EXPECT_EQ(InventoryFile::parse(kLibrary, "x").machines(),
              (Paths{"/vms/a/a.vmx", "C:\\VMs\\b\\b.VMX"}));
}

TEST(InventoryFile, TellsThoseOfTheIndexAlone) {
    const auto file = InventoryFile::parse(
        "vmlist1.config = \"\"\nindex0.id = \"/vms/a/a.vmx\"\nindex.count = \"1\"\n", "x");
    EXPECT_EQ(file.machines(), Paths{"/vms/a/a.vmx"});
}

TEST(InventoryFile, RefusesALineThatCouldBeAMachines) {
    EXPECT_EQ(
        testing::code_of([] { InventoryFile::parse("vmlist1.config = \"/vms/a/a.vmx\n", "x"); }),
        VIX_E_FILE_ERROR);
    EXPECT_EQ(testing::code_of([] {
                  InventoryFile::parse("vmlist1.config = \"a\"\nvmlist1.config = \"b\"\n", "x");
              }),
              VIX_E_FILE_ERROR);
}

TEST(InventoryFile, IsKeptToTheByteWithoutChanges) {
    EXPECT_EQ(InventoryFile::parse(kLibrary, "x").to_bytes(), kLibrary);
}

TEST(InventoryFile, AddsIntoTheFreeNumberAtTheEndOfTheLibrary) {
    auto file = InventoryFile::parse(kLibrary, "x");
    file.add({"/vms/c/\xC3\xA7.vmx", "\"c\"", "8", "56 4d", true});
    const auto bytes = file.to_bytes();
    EXPECT_NE(bytes.find("vmlist2.config = \"/vms/c/\xC3\xA7.vmx\"\n"), std::string::npos);
    EXPECT_NE(bytes.find("vmlist2.DisplayName = \"|22c|22\"\n"), std::string::npos);
    EXPECT_NE(bytes.find("vmlist2.ItemID = \"2\"\n"), std::string::npos);
    EXPECT_NE(bytes.find("vmlist2.SeqID = \"6\"\n"), std::string::npos);
    EXPECT_NE(bytes.find("vmlist2.IsClone = \"TRUE\"\n"), std::string::npos);
    EXPECT_NE(bytes.find("vmlist2.UUID = \"56 4d\"\n"), std::string::npos);
    EXPECT_NE(bytes.find("index2.id = \"/vms/c/\xC3\xA7.vmx\"\n"), std::string::npos);
    EXPECT_NE(bytes.find("index.count = \"3\"\n"), std::string::npos);
    EXPECT_EQ(file.machines().size(), 3U);
}

TEST(InventoryFile, LosesNothingElseWhenAMachineComesAndGoes) {
    auto file = InventoryFile::parse(kLibrary, "x");
    file.add({"/vms/c/c.vmx", "c", "8", "", false});
    file.remove("/vms/c/c.vmx");
    EXPECT_EQ(file.to_bytes(), kLibrary);
}

TEST(InventoryFile, RemovesTheEntryAndClosesTheIndex) {
    auto file = InventoryFile::parse(kLibrary, "x");
    file.remove("/vms/a/a.vmx");
    const auto bytes = file.to_bytes();
    EXPECT_EQ(bytes.find("vmlist1.config = \"\"\nvmlist2.config = \"\"\n"), 20U);
    EXPECT_NE(bytes.find("# by hand\nindex0.id = \"C:\\VMs\\b\\b.VMX\"\n"
                         "index0.field.count = \"0\"\n"
                         "index.count = \"1\"\n"),
              std::string::npos);
    EXPECT_NE(bytes.find("index0.hostID = \"localhost\"\n"), std::string::npos);
    EXPECT_EQ(file.machines(), Paths{"C:\\VMs\\b\\b.VMX"});
}

TEST(InventoryFile, BeginsWithItsEncoding) {
    auto file = InventoryFile::parse("", "x");
    file.add({"/vms/a/a.vmx", "a", "", "", false});
    EXPECT_EQ(file.to_bytes().find(".encoding = \"UTF-8\"\nvmlist1.config = \"/vms/a/a.vmx\"\n"),
              0U);
}

}  // namespace
}  // namespace vix::host
