// Tests what each key of a configuration becomes in a clone.
#include "ops/clone/clone_config.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::contains;
using testing::TempFolder;

CloneNames usual_names() {
    CloneNames names;
    names.name = "My Clone";
    names.disks = {{"scsi0:0", "disk-cl1.vmdk"}};
    return names;
}

// Finds media in /src.
std::optional<fs::path> find_in_source(const std::string& name) {
    return name == "here.flp" ? std::optional<fs::path>{"/src/here.flp"} : std::nullopt;
}

std::string clone_of(const std::string& vmx, const CloneNames& names = usual_names()) {
    const TempFolder folder;
    const vm::Config source = vm::Config::read(folder.write("vm.vmx", vmx));
    return clone_config(source, names, find_in_source).to_bytes();
}

std::string value_of(const std::string& key, const std::string& vmx,
                     const CloneNames& names = usual_names()) {
    return format::Dictionary::parse(clone_of(vmx, names)).find(key).value_or("(none)");
}

TEST(CloneConfig, EditsInPlaceAndAppendsTheRest) {
    EXPECT_EQ(clone_of("# made by hand\r\n"
                       "displayName = \"Source\"\r\n"
                       "\r\n"
                       "scsi0:0.present = \"TRUE\"\r\n"
                       "scsi0:0.fileName = \"disk-000001.vmdk\"\r\n"
                       "unknown.key = \"kept\" # as it is\r\n"
                       "  odd\t=word\r\n"
                       "uuid.bios = \"56 4d 00\"\r\n"),
              "# made by hand\r\n"
              "displayName = \"My Clone\"\r\n"
              "\r\n"
              "scsi0:0.present = \"TRUE\"\r\n"
              "scsi0:0.fileName = \"disk-cl1.vmdk\"\r\n"
              "unknown.key = \"kept\" # as it is\r\n"
              "  odd\t=word\r\n"
              "uuid.bios = \"\"\r\n"
              "extendedConfigFile = \"My Clone.vmxf\"\r\n"
              "vc.uuid = \"\"\r\n"
              "policy.vm.mvmtid = \"\"\r\n");
}

TEST(CloneConfig, NamesTheNvramAfterTheClone) {
    CloneNames names = usual_names();
    names.nvram = true;
    EXPECT_EQ(value_of("nvram", "nvram = \"old.nvram\"\n", names), "My Clone.nvram");
    EXPECT_EQ(value_of("nvram", "a = \"1\"\n", names), "My Clone.nvram");
    EXPECT_EQ(value_of("nvram", "a = \"1\"\n"), "(none)");
}

TEST(CloneConfig, ForgetsTheIdentity) {
    const std::string vmx =
        "uuid.bios = \"56\"\nuuid.location = \"56\"\nvc.uuid = \"52\"\npolicy.vm.mvmtid = \"5\"\n";
    EXPECT_EQ(value_of("uuid.bios", vmx), "");
    EXPECT_EQ(value_of("uuid.location", vmx), "");
    EXPECT_EQ(value_of("vc.uuid", vmx), "");
    EXPECT_EQ(value_of("policy.vm.mvmtid", vmx), "");
}

TEST(CloneConfig, GivesNoUuidToAMachineThatHasNone) {
    EXPECT_EQ(value_of("uuid.bios", "a = \"1\"\n"), "(none)");
    EXPECT_EQ(value_of("uuid.location", "a = \"1\"\n"), "(none)");
}

TEST(CloneConfig, RenewsGenerationAndCreationWhereTheyAre) {
    const std::string vmx = "vm.genid = \"1\"\nvm.genidX = \"1\"\nvm.createDate = \"1\"\n";
    EXPECT_NE(value_of("vm.genid", vmx), "1");
    EXPECT_NE(value_of("vm.genidX", vmx), "1");
    EXPECT_EQ(value_of("vm.createDate", vmx).size(), 16U);  // microseconds
    EXPECT_EQ(value_of("vm.genid", "a = \"1\"\n"), "(none)");
}

TEST(CloneConfig, ForgetsGeneratedAddresses) {
    const std::string vmx =
        "ethernet0.addressType = \"generated\"\n"
        "ethernet0.generatedAddress = \"00:0c:29:00:00:01\"\n"
        "ETHERNET10.generatedaddressoffset = \"100\"\n";
    EXPECT_EQ(value_of("ethernet0.generatedAddress", vmx), "(none)");
    EXPECT_EQ(value_of("ethernet10.generatedAddressOffset", vmx), "(none)");
    EXPECT_EQ(value_of("ethernet0.addressType", vmx), "generated");
}

TEST(CloneConfig, KeepsStaticAddresses) {
    const std::string vmx =
        "ethernet0.addressType = \"static\"\nethernet0.address = \"00:50:56:00:00:01\"\n";
    EXPECT_EQ(value_of("ethernet0.address", vmx), "00:50:56:00:00:01");
    EXPECT_EQ(value_of("ethernet0.addressType", vmx), "static");
}

TEST(CloneConfig, GeneratesWhatVcenterHadGiven) {
    EXPECT_EQ(value_of("ethernet0.addressType", "ethernet0.addressType = \"vpx\"\n"), "generated");
}

TEST(CloneConfig, LeavesKeysThatOnlyLookAlike) {
    EXPECT_EQ(value_of("ethernetX.generatedAddress", "ethernetX.generatedAddress = \"1\"\n"), "1");
    EXPECT_EQ(value_of("myethernet0.generatedAddress", "myethernet0.generatedAddress = \"1\"\n"),
              "1");
}

TEST(CloneConfig, IsPoweredOffAndOfItsOwn) {
    const std::string vmx =
        "checkpoint.vmState = \"vm-1.vmss\"\ncheckpoint.vmState.readOnly = \"TRUE\"\n"
        "cleanShutdown = \"FALSE\"\nworkingDir = \"/elsewhere\"\n"
        "fileSearchPath = \".;/parent\"\nsched.swap.derivedName = \"/x.vswp\"\n"
        "migrate.hostlog = \"x.hlog\"\ntemplateVM = \"TRUE\"\n";
    EXPECT_EQ(value_of("checkpoint.vmState", vmx), "");
    EXPECT_EQ(value_of("checkpoint.vmState.readOnly", vmx), "FALSE");
    EXPECT_EQ(value_of("cleanShutdown", vmx), "TRUE");
    EXPECT_EQ(value_of("workingDir", vmx), ".");
    EXPECT_EQ(value_of("fileSearchPath", vmx), "(none)");
    EXPECT_EQ(value_of("sched.swap.derivedName", vmx), "(none)");
    EXPECT_EQ(value_of("migrate.hostlog", vmx), "(none)");
    EXPECT_EQ(value_of("templateVM", vmx), "(none)");
}

TEST(CloneConfig, AddsNoStateToAMachineThatHasNone) {
    EXPECT_EQ(value_of("checkpoint.vmState", "a = \"1\"\n"), "(none)");
    EXPECT_EQ(value_of("workingDir", "a = \"1\"\n"), "(none)");
    EXPECT_EQ(value_of("fileSearchPath", "fileSearchPath = \".\"\n"), ".");
}

TEST(CloneConfig, ForgetsTheRedoFileOfADisk) {
    const std::string vmx =
        "scsi0:0.present = \"TRUE\"\nscsi0:0.fileName = \"d.vmdk\"\nscsi0:0.redo = \"d.REDO\"\n";
    EXPECT_EQ(value_of("scsi0:0.redo", vmx), "");
}

TEST(CloneConfig, LeavesADiskThatIsNotPresent) {
    EXPECT_EQ(value_of("scsi0:0.fileName", "scsi0:0.fileName = \"off.vmdk\"\n"), "off.vmdk");
}

TEST(CloneConfig, LeavesBusAddressesAndTheRest) {
    EXPECT_EQ(value_of("scsi0.pciSlotNumber", "scsi0.pciSlotNumber = \"160\"\n"), "160");
    EXPECT_EQ(value_of("vmci0.id", "vmci0.id = \"-5\"\n"), "-5");
    EXPECT_EQ(value_of("annotation", "annotation = \"a|0Ab\"\n"), "a\nb");
}

std::string media(const std::string& device, const std::string& type, const std::string& name) {
    return device + ".present = \"TRUE\"\n" + device + ".deviceType = \"" + type + "\"\n" + device +
           ".fileName = \"" + name + "\"\n";
}

TEST(CloneMedia, RelativeImagesPointToTheSources) {
    const std::string value =
        value_of("ide1:0.fileName", media("ide1:0", "cdrom-image", "tools.iso"));
    EXPECT_EQ(value.front(), '/');
    EXPECT_TRUE(contains(value, "/tools.iso")) << value;
}

TEST(CloneMedia, AbsoluteImagesStay) {
    EXPECT_EQ(value_of("ide1:0.fileName", media("ide1:0", "cdrom-image", "/iso/a.iso")),
              "/iso/a.iso");
    EXPECT_EQ(value_of("ide1:0.fileName", media("ide1:0", "cdrom-image", "C:\\iso\\a.iso")),
              "C:\\iso\\a.iso");
}

TEST(CloneMedia, DrivesOfTheHostStay) {
    EXPECT_EQ(value_of("ide1:0.fileName", media("ide1:0", "cdrom-raw", "auto detect")),
              "auto detect");
    EXPECT_EQ(value_of("ide1:0.fileName", media("ide1:0", "atapi-cdrom", "E:")), "E:");
}

TEST(CloneMedia, FloppiesAreFoundByWhatIsThere) {
    EXPECT_EQ(value_of("floppy0.fileName", "floppy0.fileName = \"here.flp\"\n"), "/src/here.flp");
    EXPECT_EQ(value_of("floppy0.fileName", "floppy0.fileName = \"A:\"\n"), "A:");
    EXPECT_EQ(value_of("floppy0.fileName", "floppy0.fileName = \"fd0\"\n"), "fd0");
}

TEST(CloneMedia, PortsHaveFilesOfTheirOwn) {
    EXPECT_EQ(value_of("serial0.fileName",
                       "serial0.fileType = \"file\"\nserial0.fileName = \"out.txt\"\n"),
              "out.txt");
    EXPECT_EQ(value_of("serial0.fileName",
                       "serial0.fileType = \"device\"\nserial0.fileName = \"ttyS0\"\n"),
              "ttyS0");
}

TEST(CloneVmxf, OfASourceKeepsAllButIdAndName) {
    const std::string xml = clone_vmxf(
        "<?xml version=\"1.0\"?>\n<Foundry>\n<VM>\n<VMId type=\"string\">52 old</VMId>\n"
        "<ClientMetaData>kept</ClientMetaData>\n"
        "<vmxPathName type=\"string\">vm.vmx</vmxPathName></VM></Foundry>\n",
        "My Clone.vmx");
    EXPECT_TRUE(contains(xml, "<ClientMetaData>kept</ClientMetaData>"));
    EXPECT_TRUE(contains(xml, "<vmxPathName type=\"string\">My Clone.vmx</vmxPathName>"));
    EXPECT_TRUE(contains(xml, "<VMId type=\"string\">52 "));
    EXPECT_FALSE(contains(xml, "old"));
}

TEST(CloneVmxf, TakesTheElementsInEitherOrder) {
    const std::string xml = clone_vmxf(
        "<Foundry><VM><vmxPathName type=\"string\">vm.vmx</vmxPathName>"
        "<VMId type=\"string\">52 old</VMId></VM></Foundry>",
        "c.vmx");
    EXPECT_EQ(xml.substr(0, 67),
              "<Foundry><VM><vmxPathName type=\"string\">c.vmx</vmxPathName><VMId ty");
}

TEST(CloneVmxf, OfNothingIsNew) {
    const std::string xml = clone_vmxf("", "c.vmx");
    EXPECT_TRUE(contains(xml, "<VMId type=\"string\">52 "));
    EXPECT_TRUE(contains(xml, ">c.vmx</vmxPathName>"));
}

TEST(CloneVmxf, OfSomethingElseIsNew) {
    EXPECT_FALSE(contains(clone_vmxf("<VMId>", "c.vmx"), "<VMId><"));
    EXPECT_TRUE(contains(clone_vmxf("</VMId><VMId>", "c.vmx"), "<Foundry>"));
    EXPECT_FALSE(contains(clone_vmxf("SECRET", "c.vmx"), "SECRET"));
}

TEST(CloneVmxf, ThatIsNoXmlOrTooLargeIsNew) {
    const std::string elements = "<VMId>52 old</VMId><vmxPathName>vm.vmx</vmxPathName>";
    for (const std::string& text :
         {"<a>" + elements, "<a>\xB2\xE2" + elements + "</a>",
          "<!DOCTYPE a [<!ENTITY x 'y'>]><a>" + elements + "</a>",
          "<a>" + elements + std::string(std::size_t{256} << 10, ' ') + "</a>"}) {
        const std::string xml = clone_vmxf(text, "c.vmx");
        EXPECT_TRUE(xml.starts_with("<?xml version=\"1.0\"?>\n<Foundry>\n<VM>\n")) << xml;
        EXPECT_FALSE(contains(xml, "old"));
    }
}

// Workstation 6 wrote the machine twice.
TEST(CloneVmxf, OfTwoMachinesChangesTheFirst) {
    const std::string machine = "<VM><VMId>52 old</VMId><vmxPathName>vm.vmx</vmxPathName></VM>";
    const std::string xml = clone_vmxf("<Foundry>" + machine + machine + "</Foundry>", "c.vmx");
    EXPECT_TRUE(contains(xml, "<vmxPathName>c.vmx</vmxPathName></VM>" + machine)) << xml;
}

TEST(CloneVmxf, EscapesTheName) {
    EXPECT_TRUE(contains(clone_vmxf("", "a&b<c>.vmx"), ">a&amp;b&lt;c&gt;.vmx<"));
}

TEST(CloneVmxf, IsNewEachTime) {
    EXPECT_NE(clone_vmxf("", "c.vmx"), clone_vmxf("", "c.vmx"));
}

}  // namespace
}  // namespace vix::ops
