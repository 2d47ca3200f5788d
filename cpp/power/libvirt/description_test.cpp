#include "power/libvirt/description.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/process/failure.h"

namespace vix::power {
namespace {

using testing::code_of;

// A part of what libvirt says of a machine that runs.
constexpr const char* kDomain =
    "<domain type='qemu' id='7'>\n"
    "  <uuid>3c9909ee-5a3c-5f0e-9d0b-7e4c4a2f6b11</uuid>\n"
    "  <metadata><memory unit='GiB'>1</memory></metadata>\n"
    "  <memory unit='KiB'>65536</memory>\n"
    "  <devices>\n"
    "    <disk type='network' device='disk'><target dev='sda' bus='scsi'/></disk>\n"
    "    <disk type='file' device='cdrom'><target dev='hda' bus='ide'/></disk>\n"
    "    <interface type='user'><target dev='vnet0'/></interface>\n"
    "    <channel type='unix'>\n"
    "      <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>\n"
    "    </channel>\n"
    "  </devices>\n"
    "</domain>\n";

std::string without(std::string text, const std::string& part) {
    return text.erase(text.find(part), part.size());
}

TEST(Description, HasUuidAndMemory) {
    const auto description = parse_description(kDomain);
    EXPECT_EQ(described_uuid(description), "3c9909ee-5a3c-5f0e-9d0b-7e4c4a2f6b11");
    EXPECT_EQ(described_memory(description), std::uint64_t{64} << 20);
    const auto memory = [](const std::string& element) {
        return described_memory(parse_description("<domain>" + element + "</domain>"));
    };
    EXPECT_EQ(memory("<memory unit=\"MiB\">64</memory>"), std::uint64_t{64} << 20);
    EXPECT_EQ(memory("<memory>1</memory>"), 1024U);
    EXPECT_EQ(memory("<memory unit='furlong'>1</memory>"), 0U);
    EXPECT_EQ(memory("<memory unit='KiB'>-1</memory>"), 0U);
    EXPECT_EQ(memory(""), 0U);
    EXPECT_EQ(described_uuid(parse_description("<domain/>")), "");
}

TEST(Description, SaysWhetherTheAgentsChannelIsOpen) {
    EXPECT_TRUE(agent_is_connected(parse_description(kDomain)));
    EXPECT_FALSE(agent_is_connected(parse_description(without(kDomain, " state='connected'"))));
    EXPECT_FALSE(agent_is_connected(parse_description(without(kDomain, ".guest_agent"))));
}

TEST(Description, OfSomethingElseIsAnError) {
    EXPECT_EQ(code_of([] { parse_description("<domain>"); }), VIX_E_INVALID_XML);
}

TEST(MemorySnapshot, LeavesOutEveryDisk) {
    const auto description = parse_description(kDomain);
    EXPECT_EQ(memory_snapshot("/vms/a & 'b'/a.vmem", description),
              "<domainsnapshot>\n"
              "  <memory snapshot=\"external\" file=\"/vms/a &amp; 'b'/a.vmem\"/>\n"
              "  <disks>\n"
              "    <disk name=\"sda\" snapshot=\"no\"/>\n"
              "    <disk name=\"hda\" snapshot=\"no\"/>\n"
              "  </disks>\n"
              "</domainsnapshot>\n");
}

// A question mark in place of the byte would be another file.
TEST(MemorySnapshot, ToAFileThatXmlCannotNameIsRefused) {
    const auto description = parse_description(kDomain);
    EXPECT_EQ(code_of([&] { memory_snapshot("/vms/\xFF.vmem", description); }),
              VIX_E_SNAPSHOT_CHECKPOINT);
    EXPECT_EQ(code_of([&] { memory_snapshot("/vms/\x01.vmem", description); }),
              VIX_E_SNAPSHOT_CHECKPOINT);
}

TEST(Capabilities, NameOwnerAndDriversOfTheHost) {
    const std::string xml =
        "<host><secmodel><model>apparmor</model><doi>0</doi></secmodel><secmodel><model>dac</model>"
        "<baselabel type='kvm'>+64055:+108</baselabel></secmodel></host>";
    const auto owner = qemu_owner(xml, 0);
    ASSERT_TRUE(owner.has_value());
    EXPECT_EQ(owner->user, 64055U);
    EXPECT_EQ(owner->group, 108U);
    EXPECT_EQ(qemu_owner(xml, 64055), std::nullopt);
    EXPECT_EQ(security_drivers(xml), std::vector<std::string>{"apparmor"});
}

TEST(Capabilities, MayHaveNoOwnerAndNoDrivers) {
    const std::string xml =
        "<capabilities><host><secmodel><model>none</model></secmodel><secmodel><model>dac</model>"
        "<baselabel type='kvm'>root</baselabel></secmodel></host><guest/></capabilities>";
    EXPECT_EQ(qemu_owner(xml, 1000), std::nullopt);
    EXPECT_TRUE(security_drivers(xml).empty());
    EXPECT_EQ(qemu_owner("<capabilities/>", 1000), std::nullopt);
}

}  // namespace
}  // namespace vix::power
