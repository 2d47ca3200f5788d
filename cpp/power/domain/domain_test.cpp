#include "power/domain/domain.h"

#include <gtest/gtest.h>

#include "format/xml.h"
#include "io/process/process.h"
#include "power/domain/domain_identity.h"
#include "testing/disks/samples.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::power {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;
using testing::contains;
using testing::detail_of;

DomainContext context_for(const fs::path& vmx) {
    DomainContext context;
    context.vmx = vmx;
    context.socket = "/run/vix/nbd.sock";
    return context;
}

DomainDescription describe(const std::string& text, const DomainContext& context) {
    const vm::Machine machine{vm::Config::parse("/vms/a b/x&y.vmx", text, "/vms/a b/x&y.vmx"), {}};
    std::vector<std::string> notes;
    auto drives = drives_of(machine, notes);
    auto description = describe_domain(machine, drives, context);
    description.notes.insert(description.notes.end(), notes.begin(), notes.end());
    return description;
}

DomainDescription describe(const std::string& text) {
    return describe(text, context_for("/vms/a b/x&y.vmx"));
}

// Whether the description has an element at this XPath.
bool has(const std::string& xml, const std::string& path) {
    return !format::XmlDocument{xml, "the description"}.find(path).empty();
}

std::string lines_of(const std::vector<std::string>& notes) {
    std::string text;
    for (const std::string& note : notes) text += note + '\n';
    return text;
}

TEST(Domain, TakesMemoryAndProcessors) {
    const auto xml =
        describe("memsize = \"512\"\nnumvcpus = \"4\"\ncpuid.coresPerSocket = \"2\"\n").xml;
    EXPECT_TRUE(has(xml, "/domain/memory[@unit='MiB'][.='512']")) << xml;
    EXPECT_TRUE(has(xml, "/domain/vcpu[.='4']"));
    EXPECT_TRUE(has(xml, "//cpu/topology[@sockets='2'][@cores='2'][@threads='1']"));
}

TEST(Domain, CoresThatDoNotFitAreSocketsOfTheirOwn) {
    const auto xml = describe("numvcpus = \"3\"\ncpuid.coresPerSocket = \"2\"\n").xml;
    EXPECT_TRUE(has(xml, "//cpu/topology[@sockets='3'][@cores='1'][@threads='1']")) << xml;
}

TEST(Domain, NamesAreEscaped) {
    const auto xml = describe("displayName = \"<a> & 'b'\"\n").xml;
    EXPECT_TRUE(contains(xml, "<title>&lt;a&gt; &amp; 'b'</title>")) << xml;
    EXPECT_TRUE(has(xml, "//metadata/*[@path='/vms/a b/x%26y.vmx']"));
}

TEST(Domain, GuestIsToldWhatTheConfigurationSaysToIt) {
    const auto description = describe(
        "memsize = \"64\"\nguestinfo.role = \"a, <b>\"\nGuestInfo.x = \"|0A\"\n"
        "guestinfo.empty = \"\"\nguestinfo." +
        std::string(60, 'n') + " = \"v\"\n");
    EXPECT_TRUE(has(description.xml,
                    "//*[name()='qemu:arg'][@value='-fw_cfg']/following-sibling::*[1]"
                    "[name()='qemu:arg'][@value='name=opt/guestinfo.role,string=a,, <b>']"))
        << description.xml;
    EXPECT_EQ(lines_of(description.notes),
              "GuestInfo.x is not passed to the guest, because it is not a single line of text\n"
              "guestinfo." +
                  std::string(60, 'n') + " is not passed to the guest, because it is too long\n");
    EXPECT_FALSE(has(describe("memsize = \"64\"\n").xml, "//*[name()='qemu:arg']"));
}

TEST(Domain, GuestIsToldWhichRunItIs) {
    auto context = context_for("/vms/a.vmx");
    context.run_id = "564d0000-0000-0000-0000-000000000001";
    EXPECT_TRUE(has(describe("memsize = \"64\"\n", context).xml,
                    "//*[name()='qemu:arg'][@value='name=opt/vmware-vix.run,"
                    "string=564d0000-0000-0000-0000-000000000001']"));
}

TEST(Domain, PathComesBackFromMetadata) {
    const fs::path path{"/vms/a \"b\" '%26'/\xE9\xFF\n.vmx"};
    EXPECT_EQ(path_from_metadata("<m path='" + encode_path(path) + "'/>"), path);
}

TEST(Domain, AttributesOfMetadataAreFoundByName) {
    EXPECT_EQ(attribute_of("<m a='1' path=\"2\"/>", "a"), "1");
    EXPECT_EQ(attribute_of("<m a='1' path=\"2\"/>", "path"), "2");
    EXPECT_EQ(attribute_of("<m data='1' a=''/>", "a"), "");
    EXPECT_EQ(attribute_of("<m data='1'/>", "a"), std::nullopt);
}

TEST(Domain, DisksAreExportsOnTheirControllers) {
    const auto xml = describe(
                         "scsi0.present = \"TRUE\"\nscsi0.virtualDev = \"pvscsi\"\n"
                         "scsi0:3.present = \"TRUE\"\nscsi0:3.fileName = \"a.vmdk\"\n")
                         .xml;
    EXPECT_TRUE(has(xml, "//controller[@type='scsi'][@index='0'][@model='vmpvscsi']")) << xml;
    EXPECT_TRUE(has(xml, "//source[@protocol='nbd'][@name='scsi0:3']"));
    EXPECT_TRUE(has(xml, "//address[@controller='0'][@bus='0'][@target='3'][@unit='0']"));
}

TEST(Domain, DisksOfASasHaveNames) {
    const auto xml = describe(
                         "scsi0.virtualDev = \"lsilogic\"\nscsi0:8.present = \"TRUE\"\n"
                         "scsi0:8.fileName = \"a.vmdk\"\n")
                         .xml;
    EXPECT_TRUE(has(xml, "//controller[@type='scsi'][@index='0'][@model='lsisas1068']")) << xml;
    EXPECT_TRUE(has(xml, "//disk/wwn[.='5000c29000000008']"));
}

TEST(Domain, DevicesAreStartedFromInTheOrderOfTheHints) {
    const auto xml = describe(
                         "ide0:0.present = \"TRUE\"\nide0:0.fileName = \"a.vmdk\"\n"
                         "sata0:0.present = \"TRUE\"\nsata0:0.fileName = \"b.vmdk\"\n"
                         "ethernet0.present = \"TRUE\"\nbios.hddOrder = \"sata0:0\"\n"
                         "bios.bootOrder = \"ethernet0\"\n")
                         .xml;
    EXPECT_TRUE(has(xml, "//interface/boot[@order='1']")) << xml;
    EXPECT_TRUE(has(xml, "//disk[source[@name='sata0:0']]/boot[@order='2']"));
    EXPECT_TRUE(has(xml, "//disk[source[@name='ide0:0']]/boot[@order='3']"));
}

TEST(Domain, HostFloppyThatTheHostDoesNotHaveIsNotStartedFrom) {
    const std::string text = "floppy0.present = \"TRUE\"\nfloppy0.fileType = \"device\"\n";
    auto context = context_for("/vms/x.vmx");
    EXPECT_FALSE(has(describe(text, context).xml, "//boot"));
    context.host_floppy = "/dev/fd0";
    EXPECT_TRUE(has(describe(text, context).xml, "//boot[@order='1']"));
}

TEST(Domain, CustomNetworksAreMappedOneByOne) {
    const auto source_of = [](const std::string& vnet) {
        auto context = context_for("/vms/x.vmx");
        context.network_nat = "network:nat";
        context.network_bridged = "bridge:br0";
        context.network_hostonly = "network:private";
        context.vmnets = {{2, "bridge:br2"}, {8, "network:eight"}};
        const auto xml = describe(
                             "ethernet0.present = \"TRUE\"\nethernet0.connectionType = \"custom\"\n"
                             "ethernet0.vnet = \"" +
                                 vnet + "\"\n",
                             context)
                             .xml;
        const format::XmlDocument document{xml, "the description"};
        const auto sources = document.find("//interface/source");
        if (sources.empty()) return std::string{};
        const auto bridge = sources.front().attribute("bridge");
        return bridge ? "bridge " + *bridge
                      : "network " + sources.front().attribute("network").value_or("");
    };
    EXPECT_EQ(source_of("VMnet2"), "bridge br2");
    EXPECT_EQ(source_of("/dev/vmnet8"), "network eight");
    EXPECT_EQ(source_of("vmnet0"), "bridge br0");
    EXPECT_EQ(source_of("vmnet1"), "network private");
    EXPECT_EQ(source_of("vmnet20"), "network private");
    EXPECT_EQ(source_of("vmnet256"), "network private");
}

TEST(Domain, APortWithoutItsBackendIsConnectedToNothing) {
    const std::string text =
        "serial0.present = \"TRUE\"\nserial0.fileType = \"pipe\"\n"
        "serial0.fileName = \"/none/pipe\"\nserial1.present = \"TRUE\"\n"
        "serial1.fileType = \"file\"\nserial1.fileName = \"log\"\n";
    auto context = context_for("/vms/x.vmx");
    context.dead_ports = {"serial0"};
    const auto xml = describe(text, context).xml;
    EXPECT_TRUE(has(xml, "//serial[@type='null']")) << xml;
    EXPECT_FALSE(contains(xml, "/none/pipe")) << xml;
    EXPECT_TRUE(contains(xml, "/vms/log")) << xml;
}

TEST(Domain, AFloppyThatTheGuestMayNotWriteIsReadOnly) {
    const vm::Machine machine{vm::Config::parse("/vms/x.vmx", "memsize = \"8\"\n", "/vms/x.vmx"),
                              {}};
    Drive floppy;
    floppy.node = "floppy0";
    floppy.bus = Bus::Floppy;
    floppy.kind = Drive::Kind::Floppy;
    const auto xml = [&] {
        return describe_domain(machine, {floppy}, context_for("/vms/x.vmx")).xml;
    };
    EXPECT_FALSE(has(xml(), "//disk/readonly"));
    floppy.read_only = true;
    EXPECT_TRUE(has(xml(), "//disk/readonly"));
}

TEST(Domain, GuestOfAnArmProcessorIsRefused) {
    const auto check = [](const std::string& text) {
        check_startable(vm::Config::parse("/vms/a.vmx", text, "/vms/a.vmx"));
    };
    const auto code = [&](const std::string& text) { return code_of([&] { check(text); }); };
    EXPECT_EQ(code("guestOS = \"arm-ubuntu-64\"\n"), VIX_E_CANNOT_POWER_ON_VM);
    EXPECT_EQ(code("guestos = \"ARM-Windows11-64\"\n"), VIX_E_CANNOT_POWER_ON_VM);
    EXPECT_EQ(code("guestOS = \"other\"\nguestInfo.detailed.data = \"architecture='Arm' "
                   "bitness='64'\"\n"),
              VIX_E_CANNOT_POWER_ON_VM);
    EXPECT_EQ(code("guestOS = \"ubuntu-64\"\nguestInfo.detailed.data = \"architecture='X86' "
                   "bitness='64'\"\n"),
              VIX_OK);
    const auto detail = detail_of([&] { check("guestOS = \"arm-ubuntu-64\"\n"); });
    EXPECT_TRUE(contains(detail, "/vms/a.vmx")) << detail;
    EXPECT_TRUE(contains(detail, "arm-ubuntu-64"));
}

TEST(Domain, PortsBeyondTheLastOneAreLeftOutAndSaid) {
    const auto notes = lines_of(describe("serial4.present = \"TRUE\"\nfloppy2.present = \"TRUE\"\n"
                                         "ethernet10.present = \"TRUE\"\n")
                                    .notes);
    EXPECT_TRUE(contains(notes, "serial4")) << notes;
    EXPECT_TRUE(contains(notes, "floppy2"));
    EXPECT_TRUE(contains(notes, "ethernet10"));
}

TEST(Domain, SecondIdeBusIsNotASecondController) {
    const auto xml = describe("ide1:0.present = \"TRUE\"\nide1:0.fileName = \"a.vmdk\"\n").xml;
    EXPECT_TRUE(has(xml, "//address[@controller='0'][@bus='1'][@target='0'][@unit='0']")) << xml;
}

TEST(Domain, EmptyCdDriveHasNoSource) {
    const auto xml = describe(
                         "ide1:0.present = \"TRUE\"\nide1:0.deviceType = \"cdrom-image\"\n"
                         "ide1:0.fileName = \"a.iso\"\nide1:0.startConnected = \"FALSE\"\n")
                         .xml;
    EXPECT_TRUE(has(xml, "//disk[@type='file'][@device='cdrom']")) << xml;
    EXPECT_FALSE(has(xml, "//disk/source"));
}

TEST(Domain, HostOnlyCardHasNoLinkUnlessTheSettingNamesANetwork) {
    const std::string text =
        "ethernet0.present = \"TRUE\"\nethernet0.connectionType = \"hostonly\"\n";
    auto context = context_for("/vms/x.vmx");
    EXPECT_TRUE(has(describe(text, context).xml, "//link[@state='down']"));
    context.network_hostonly = "network:private";
    const auto xml = describe(text, context).xml;
    EXPECT_TRUE(has(xml, "//source[@network='private']")) << xml;
    EXPECT_FALSE(has(xml, "//link"));
}

TEST(Domain, CardOfAnUnknownGuestIsVlance) {
    const auto xml = describe("ethernet0.present = \"TRUE\"\nguestOS = \"winxppro\"\n").xml;
    EXPECT_TRUE(has(xml, "//interface/model[@type='pcnet']")) << xml;
}

TEST(Domain, GroupAddressIsNotTaken) {
    const auto description = describe(
        "ethernet0.present = \"TRUE\"\nethernet0.addressType = \"static\"\n"
        "ethernet0.address = \"01:50:56:00:00:01\"\n");
    EXPECT_FALSE(has(description.xml, "//mac"));
    EXPECT_TRUE(contains(lines_of(description.notes), "ethernet0"));
}

TEST(Domain, VncWithAPasswordWeCannotReadStaysOnThisHost) {
    const auto xml = describe(
                         "RemoteDisplay.vnc.enabled = \"TRUE\"\nRemoteDisplay.vnc.port = \"5999\"\n"
                         "RemoteDisplay.vnc.key = \"abc\"\n")
                         .xml;
    EXPECT_TRUE(has(xml, "//graphics[@port='5999']")) << xml;
    EXPECT_TRUE(has(xml, "//graphics/listen[@address='127.0.0.1']"));
}

TEST(Domain, GuestSeesTheUuidOfItsVmx) {
    const auto xml =
        describe("uuid.bios = \"56 4d 3a 91 7c 40 e5 16-b2 08 6f d3 61 a4 2e 70\"\n").xml;
    EXPECT_TRUE(has(xml, "//*[contains(@value, 'uuid=564d3a91-7c40-e516-b208-6fd361a42e70')]"))
        << xml;
}

TEST(Domain, WhatIsLeftOutIsSaid) {
    const auto notes = lines_of(describe("vtpm.present = \"TRUE\"\nscsi0:1.present = \"TRUE\"\n"
                                         "scsi0:1.deviceType = \"scsi-passthru\"\n"
                                         "scsi0:1.fileName = \"/dev/sg0\"\n")
                                    .notes);
    EXPECT_TRUE(contains(notes, "vtpm")) << notes;
    EXPECT_TRUE(contains(notes, "scsi0:1")) << notes;
}

TEST(Domain, SecureBootNeedsItsChipsetAndItsFirmware) {
    auto context = context_for("/vms/x.vmx");
    const std::string text = "ide1:0.present = \"TRUE\"\nide1:0.fileName = \"a.vmdk\"\n";
    context.firmware = Firmware{"/code.fd", "nvram", false};
    const auto plain = describe(text, context).xml;
    EXPECT_TRUE(has(plain, "//os/type[@machine='pc']")) << plain;
    EXPECT_FALSE(has(plain, "//loader[@secure]"));
    EXPECT_FALSE(has(plain, "//smm"));
    context.firmware->secure = true;
    const auto secure = describe(text, context);
    EXPECT_TRUE(has(secure.xml, "//os/type[@machine='q35']")) << secure.xml;
    EXPECT_TRUE(has(secure.xml, "//loader[@secure='yes'][.='/code.fd']"));
    EXPECT_TRUE(has(secure.xml, "//features/smm[@state='on']"));
    EXPECT_TRUE(has(secure.xml, "//disk/target[@bus='sata']"));
    EXPECT_TRUE(contains(lines_of(secure.notes), "ide: "));
}

TEST(Domain, TpmIsOfItsOwnIfTheSettingSaysSo) {
    auto context = context_for("/vms/x.vmx");
    context.tpm = true;
    const auto own = describe("vtpm.present = \"TRUE\"\n", context);
    EXPECT_TRUE(has(own.xml, "//tpm[@model='tpm-crb']/backend[@persistent_state='yes']"))
        << own.xml;
    EXPECT_TRUE(contains(lines_of(own.notes), "BitLocker"));
    EXPECT_FALSE(contains(lines_of(own.notes), "left out"));
    EXPECT_FALSE(has(describe("vtpm.present = \"TRUE\"\n").xml, "//tpm"));
}

TEST(Domain, TpmIsInTheVmxOrComesAtTheFirstStart) {
    const auto has = [](const std::string& text) {
        return has_tpm(vm::Config::parse("/a.vmx", text, "/a.vmx"));
    };
    EXPECT_TRUE(has("vtpm.present = \"TRUE\"\n"));
    EXPECT_TRUE(has("managedvm.autoAddVTPM = \"software\"\n"));
    EXPECT_FALSE(has("vtpm.present = \"FALSE\"\nmanagedvm.autoAddVTPM = \"none\"\n"));
}

TEST(Domain, SameVmxIsTheSameDomain) {
    EXPECT_EQ(uuid_for("/vms/a.vmx"), uuid_for("/vms/a.vmx"));
    EXPECT_NE(uuid_for("/vms/a.vmx"), uuid_for("/vms/b.vmx"));
    EXPECT_EQ(name_for("/vms/a b.vmx"), "a_b-" + uuid_for("/vms/a b.vmx").substr(0, 8));
}

TEST(Domain, AddressFollowsFromTheUuidAsVmwaresDoes) {
    EXPECT_EQ(generated_mac("56 4d 3a 91 7c 40 e5 16-b2 08 6f d3 61 a4 2e 70", 10),
              "00:0c:29:a4:2e:7a");
}

// Checks the samples, and the real machines if there are some.
class DomainOfFile : public ::testing::TestWithParam<std::string> {};

// libvirt's own schema decides.
TEST_P(DomainOfFile, IsValid) {
    const fs::path vmx = GetParam();
    const auto machine = vm::Machine::open(vmx, {});
    if (!io::find_program(io::Environment::of_process(), "virt-xml-validate"))
        GTEST_SKIP() << "no virt-xml-validate";
    std::vector<std::string> notes;
    auto context = context_for(vmx);
    context.firmware = Firmware{"/usr/share/OVMF/OVMF_CODE_4M.fd", "nvram"};
    context.firmware->secure = machine.is_true("uefi.secureBoot.enabled");
    context.tpm = has_tpm(machine);
    context.unconfined = {"apparmor"};
    const auto description = describe_domain(machine, drives_of(machine, notes), context);
    const testing::TempFolder folder;
    const auto file = folder.write("domain.xml", description.xml);
    const auto outcome =
        io::run(io::Environment::of_process(), {"virt-xml-validate", file.string(), "domain"});
    EXPECT_EQ(outcome.status, 0) << outcome.output << description.xml;
}

// Disks on every kind of adapter, split over several of QEMU's.
TEST(Domain, OfAFullMachineIsValid) {
    const auto environment = io::Environment::of_process();
    if (!io::find_program(environment, "virt-xml-validate")) GTEST_SKIP() << "no virt-xml-validate";
    std::string text = "scsi0.virtualDev = \"lsilogic\"\nscsi1.virtualDev = \"pvscsi\"\n";
    for (const char* node :
         {"ide0:0", "scsi0:0", "scsi0:15", "scsi1:64", "scsi2:15", "sata3:29", "nvme3:63"}) {
        text += std::string{node} + ".present = \"TRUE\"\n" + node + ".fileName = \"a.vmdk\"\n";
    }
    text +=
        "scsi0:1.present = \"TRUE\"\nscsi0:1.deviceType = \"cdrom-raw\"\n"
        "ethernet0.present = \"TRUE\"\nbios.bootOrder = \"cdrom,hdd\"\n";
    const testing::TempFolder folder;
    auto context = context_for("/vms/a b/x&y.vmx");
    for (const bool secure : {false, true}) {
        context.firmware = Firmware{"/code.fd", "nvram", secure};
        context.tpm = secure;
        const auto file = folder.write("domain.xml", describe(text, context).xml);
        const auto outcome = io::run(environment, {"virt-xml-validate", file.string(), "domain"});
        EXPECT_EQ(outcome.status, 0) << outcome.output;
    }
}

INSTANTIATE_TEST_SUITE_P(Sample, DomainOfFile, ::testing::ValuesIn(testing::sample_machines()));
INSTANTIATE_TEST_SUITE_P(Real, DomainOfFile, ::testing::ValuesIn(testing::real_machines()));

}  // namespace
}  // namespace vix::power
