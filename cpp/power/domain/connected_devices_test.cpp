#include "power/domain/connected_devices.h"

#include <gtest/gtest.h>

#include "format/xml.h"
#include "testing/process/failure.h"

namespace vix::power::connected_devices_test {
namespace {

using testing::code_of;
using testing::contains;
using testing::detail_of;

const std::string kVmx =
    "ethernet0.present = \"TRUE\"\nethernet0.connectionType = \"nat\"\n"
    "ethernet1.present = \"TRUE\"\nethernet1.connectionType = \"nat\"\n"
    "ethernet1.startConnected = \"FALSE\"\n"
    "ethernet2.present = \"TRUE\"\nethernet2.connectionType = \"hostonly\"\n"
    "ide0:0.present = \"TRUE\"\nide0:0.fileName = \"web.vmdk\"\n"
    "ide1:0.present = \"TRUE\"\nide1:0.deviceType = \"cdrom-image\"\nide1:0.fileName = \"a.iso\"\n"
    "ide1:1.present = \"TRUE\"\nide1:1.deviceType = \"cdrom-image\"\nide1:1.fileName = \"b.iso\"\n"
    "ide1:1.startConnected = \"FALSE\"\n"
    "sata0:1.present = \"TRUE\"\nsata0:1.deviceType = \"cdrom-raw\"\n"
    "sata0:1.startConnected = \"FALSE\"\n"
    "sata0:2.present = \"TRUE\"\nsata0:2.deviceType = \"cdrom-image\"\n"
    "floppy0.present = \"TRUE\"\nfloppy0.fileType = \"file\"\nfloppy0.fileName = \"a.flp\"\n"
    "sound.present = \"TRUE\"\n";

DomainContext context() {
    DomainContext made;
    made.vmx = "/vms/web.vmx";
    made.socket = "/run/x/nbd.sock";
    made.host_cd = "/dev/sr0";
    return made;
}

vm::Machine machine() {
    return {vm::Config::parse("/vms/web.vmx", kVmx, "/vms/web.vmx"), {}};
}

// The machine as it is started. libvirt adds to this what concerns no plug.
std::string description() {
    std::vector<std::string> notes;
    return describe_domain(machine(), drives_of(machine(), notes), context()).xml;
}

std::vector<std::string> plugged(const std::string& device, Plug plug,
                                 const DomainContext& host = context()) {
    return plugged_device(description(), machine(), device, plug, host);
}

// Whether the element that libvirt gets is at this XPath.
bool gets(const std::string& device, Plug plug, const std::string& path) {
    const auto changes = plugged(device, plug);
    if (changes.size() != 1) return false;
    return !format::XmlDocument{changes[0], "the element"}.find(path).empty();
}

ErrorCode refusal(const std::string& device, Plug plug) {
    return code_of([&] { plugged(device, plug); });
}

TEST(ConnectedDevices, ACardLosesItsLink) {
    EXPECT_TRUE(gets("ethernet0", Plug::Out,
                     "/interface[alias/@name='ua-ethernet0'][model]/link[@state='down']"));
    EXPECT_TRUE(plugged("ethernet1", Plug::Out).empty());
}

TEST(ConnectedDevices, ACardGetsItsLink) {
    EXPECT_TRUE(gets("Ethernet1", Plug::In,
                     "/interface[alias/@name='ua-ethernet1'][count(link)=1]/link[@state='up']"));
    EXPECT_TRUE(plugged("ethernet0", Plug::In).empty());
}

TEST(ConnectedDevices, ACardWithoutANetworkNeverGetsALink) {
    EXPECT_EQ(refusal("ethernet2", Plug::In), VIX_E_NOT_SUPPORTED);
    EXPECT_TRUE(plugged("ethernet2", Plug::Out).empty());
    EXPECT_EQ(refusal("ethernet2-none", Plug::In), VIX_E_OBJECT_NOT_FOUND);
    EXPECT_EQ(refusal("none-ethernet2", Plug::In), VIX_E_OBJECT_NOT_FOUND);
}

TEST(ConnectedDevices, ADriveLosesItsMedium) {
    EXPECT_TRUE(gets("ide1:0", Plug::Out,
                     "/disk[@type='file'][@device='cdrom'][not(source)][readonly]/"
                     "address[@bus='1'][@unit='0']"));
    EXPECT_TRUE(gets("floppy0", Plug::Out, "/disk[@device='floppy'][not(source)]"));
    EXPECT_TRUE(plugged("ide1:1", Plug::Out).empty());
    EXPECT_TRUE(plugged("sata0:2", Plug::Out).empty());
}

TEST(ConnectedDevices, ADriveGetsItsImage) {
    EXPECT_TRUE(gets("ide1:1", Plug::In,
                     "/disk[@type='network'][driver[@type='raw']]/source[@protocol='nbd']"
                     "[@name='ide1:1']/host[@transport='unix'][@socket='/run/x/nbd.sock']"));
    EXPECT_TRUE(plugged("IDE1:0", Plug::In).empty());
}

// libvirt leaves a source without a name, with an index, in a drive that was disconnected.
TEST(ConnectedDevices, ADriveThatWasDisconnectedGetsItsImage) {
    const format::XmlDocument running{description(), "the description"};
    for (auto& drive : running.find("//disk[alias/@name='ua-ide1-0']")) {
        drive.set_attribute("type", "file");
        drive.children("source")[0].remove();
        drive.add("source").set_attribute("index", "5");
    }
    const auto changes =
        plugged_device(running.to_text(), machine(), "ide1:0", Plug::In, context());
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_TRUE(contains(changes[0], "<source protocol=\"nbd\"")) << changes[0];
    EXPECT_FALSE(contains(changes[0], "index")) << changes[0];
    EXPECT_TRUE(
        plugged_device(running.to_text(), machine(), "ide1:0", Plug::Out, context()).empty());
}

TEST(ConnectedDevices, ADriveThatItsGuestOpenedLosesItsMediumAndGetsItAgain) {
    const format::XmlDocument running{description(), "the description"};
    for (auto& target : running.find("//disk[alias/@name='ua-ide1-0']/target")) {
        target.set_attribute("tray", "open");
    }
    const auto changes =
        plugged_device(running.to_text(), machine(), "ide1:0", Plug::In, context());
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_FALSE(contains(changes[0], "<source")) << changes[0];
    EXPECT_TRUE(contains(changes[1], "<source protocol=\"nbd\"")) << changes[1];
}

TEST(ConnectedDevices, ADriveGetsThatOfTheHost) {
    EXPECT_TRUE(gets("sata0:1", Plug::In, "/disk[@type='block']/source[@dev='/dev/sr0']"));
    DomainContext none = context();
    none.host_cd.clear();
    EXPECT_EQ(code_of([&] { plugged("sata0:1", Plug::In, none); }), VIX_E_NOT_SUPPORTED);
}

TEST(ConnectedDevices, ADriveWithoutAMediumIsNotConnected) {
    EXPECT_EQ(refusal("sata0:2", Plug::In), VIX_E_NOT_SUPPORTED);
}

TEST(ConnectedDevices, ADeviceThatIsNotThereIsNamed) {
    for (const char* device : {"ethernet3", "ide0:1", "ide1-0", "floppy1", "toaster", "'] | //*"}) {
        EXPECT_EQ(refusal(device, Plug::Out), VIX_E_OBJECT_NOT_FOUND) << device;
    }
    const auto detail = detail_of([] { plugged("sata0:7", Plug::In); });
    EXPECT_TRUE(contains(detail, "/vms/web.vmx runs without a device sata0:7")) << detail;
}

TEST(ConnectedDevices, OtherDevicesStayConnected) {
    EXPECT_EQ(refusal("ide0:0", Plug::Out), VIX_E_NOT_SUPPORTED);
    EXPECT_EQ(refusal("sound", Plug::Out), VIX_E_NOT_SUPPORTED);
}

}  // namespace
}  // namespace vix::power::connected_devices_test
