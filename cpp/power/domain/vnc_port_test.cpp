#include "power/domain/vnc_port.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::power {
namespace {

using testing::code_of;

TEST(VncPort, ListenersAreReadFromTheKernelsTables) {
    const std::string tables =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 00000000:170C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   1: 0100007F:9C40 0100007F:170D 01 00000000:00000000 00:00000000 00000000     0\n"
        "   0: 00000000000000000000000000000000:170E 00000000000000000000000000000000:0000 0A\n";
    EXPECT_EQ(listening_ports(tables), (std::set<long>{5900, 5902}));
    EXPECT_TRUE(listening_ports(std::string{}).empty());
}

TEST(VncPort, IsTheMachinesOwnIfThatIsFree) {
    std::vector<std::string> notes;
    EXPECT_EQ(choose_vnc_port(5999, {5900, 5998, 6000}, notes), 5999);
    EXPECT_TRUE(notes.empty());
}

TEST(VncPort, ThatIsTakenGivesWayToTheNextFreeOneAndIsTold) {
    std::vector<std::string> notes;
    EXPECT_EQ(choose_vnc_port(5901, {5901, 5902, 5904}, notes), 5903);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes.front(),
              "RemoteDisplay.vnc.port = \"5901\" is taken, so the display is at port 5903");
}

TEST(VncPort, ThatQemuDoesNotHaveGivesWayToo) {
    std::vector<std::string> notes;
    EXPECT_EQ(choose_vnc_port(5800, {5900}, notes), 5901);
    EXPECT_EQ(choose_vnc_port(70000, {}, notes), 5900);
    EXPECT_EQ(choose_vnc_port(0, {}, notes), 5900);
    EXPECT_EQ(notes.size(), 3U);
    EXPECT_EQ(code_of([&] { choose_vnc_port(65535, {65535}, notes); }), VIX_E_CANNOT_POWER_ON_VM);
}

TEST(VncPort, OfASuspendedMachineIsChangedInItsDescription) {
    std::vector<std::string> notes;
    const auto changed = [&](const std::string& xml, const std::set<long>& taken) {
        format::XmlDocument description{xml, "it"};
        set_free_vnc_port(description, taken, notes);
        return description.to_text();
    };
    const std::string before =
        "<a><b/><graphics type=\"vnc\" port=\"5901\" autoport=\"no\"><x/></graphics></a>\n";
    EXPECT_EQ(changed(before, {}), before);
    EXPECT_TRUE(notes.empty());
    EXPECT_EQ(changed(before, {5901}),
              "<a><b/><graphics type=\"vnc\" port=\"5902\" autoport=\"no\"><x/></graphics></a>\n");
    EXPECT_EQ(notes.size(), 1U);
    const std::string none = "<graphics type=\"vnc\"><listen type=\"socket\"/></graphics>\n";
    EXPECT_EQ(changed(none, {5901}), none);
}

TEST(VncPort, IsOnlyThatOfADisplayThatIsSwitchedOn) {
    const testing::TempFolder folder;
    const auto port_of = [&](const std::string& lines) {
        return wanted_vnc_port(vm::Config::read(folder.write("vm.vmx", lines)));
    };
    EXPECT_EQ(port_of("RemoteDisplay.vnc.port = \"5901\"\n"), std::nullopt);
    EXPECT_EQ(port_of("RemoteDisplay.vnc.enabled = \"True\"\nRemoteDisplay.vnc.port = \"5901\"\n"),
              5901);
    EXPECT_EQ(port_of("RemoteDisplay.vnc.enabled = \"TRUE\"\n"), 5900);
}

}  // namespace
}  // namespace vix::power
