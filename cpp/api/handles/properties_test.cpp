#include "api/handles/properties.h"

#include <gtest/gtest.h>

#include "api/handles/runtime.h"
#include "base/error.h"
#include "host/local/local_machine.h"
#include "testing/process/failure.h"

namespace vix::api {
namespace {

using vix::testing::code_of;

PropertyValue integer(std::int64_t value) {
    return value;
}
PropertyValue text(const char* value) {
    return std::string{value};
}

class PropertiesTest : public ::testing::Test {
  protected:
    PropertyValue of_vm(int id) const { return vm_property(vm_, facts_, id); }
    PropertyValue of_host(int id) const { return host_property(host_, id); }

    HostObject host_{host::Provider::Player};
    VmObject vm_{1001,
                 {host::Provider::Workstation, {}},
                 std::make_shared<host::LocalMachine>("/srv/vms/xp/xp.vmx", "C:\\xp\\XP.vmx")};
    host::MachineFacts facts_;
    vm::Summary& summary_ = facts_.summary;
};

TEST_F(PropertiesTest, HostTellsItsProvider) {
    EXPECT_EQ(of_host(VIX_PROPERTY_HOST_HOSTTYPE), integer(VIX_SERVICEPROVIDER_VMWARE_PLAYER));
}

TEST_F(PropertiesTest, HostTellsItsVersions) {
    EXPECT_EQ(of_host(VIX_PROPERTY_HOST_API_VERSION), integer(VIX_API_VERSION));
    EXPECT_EQ(of_host(VIX_PROPERTY_HOST_SOFTWARE_VERSION), text(kSoftwareVersion));
}

TEST_F(PropertiesTest, HostHasNoPropertiesOfMachines) {
    EXPECT_EQ(code_of([&] { of_host(VIX_PROPERTY_VM_NAME); }), VIX_E_UNRECOGNIZED_PROPERTY);
    EXPECT_EQ(code_of([&] { of_host(VIX_PROPERTY_NONE); }), VIX_E_UNRECOGNIZED_PROPERTY);
}

TEST_F(PropertiesTest, VmTellsItsHardware) {
    summary_.cpu_count = 4;
    summary_.memory_mb = 3072;
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_NUM_VCPUS), integer(4));
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_MEMORY_SIZE), integer(3072));
}

TEST_F(PropertiesTest, VmTellsItsNames) {
    summary_.display_name = "Büro-PC";
    summary_.guest_os = "winxppro";
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_NAME), text("Büro-PC"));
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_GUESTOS), text("winxppro"));
}

TEST_F(PropertiesTest, VmTellsItsPathAsTheCallerSpeltIt) {
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_VMX_PATHNAME), text("C:\\xp\\XP.vmx"));
}

TEST_F(PropertiesTest, VmTellsThatItIsOff) {
    summary_.power_state = vm::PowerState::Off;
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_POWER_STATE), integer(VIX_POWERSTATE_POWERED_OFF));
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_IS_RUNNING), PropertyValue{false});
}

TEST_F(PropertiesTest, VmTellsThatItIsSuspended) {
    summary_.power_state = vm::PowerState::Suspended;
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_POWER_STATE), integer(VIX_POWERSTATE_SUSPENDED));
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_IS_RUNNING), PropertyValue{false});
}

TEST_F(PropertiesTest, VmTellsThatItRuns) {
    summary_.power_state = vm::PowerState::Running;
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_POWER_STATE), integer(VIX_POWERSTATE_POWERED_ON));
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_IS_RUNNING), PropertyValue{true});
}

TEST_F(PropertiesTest, VmTellsThatItIsPausedAndStillRuns) {
    summary_.power_state = vm::PowerState::Paused;
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_POWER_STATE), integer(VIX_POWERSTATE_PAUSED));
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_IS_RUNNING), PropertyValue{true});
}

TEST_F(PropertiesTest, VmTellsThatItsToolsAnswer) {
    facts_.tools_answer = true;
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_TOOLS_STATE), integer(VIX_TOOLSSTATE_RUNNING));
}

TEST_F(PropertiesTest, OnlyStatesNeedMoreThanTheSummary) {
    const int ids[] = {VIX_PROPERTY_VM_NAME, VIX_PROPERTY_VM_TOOLS_STATE};
    EXPECT_FALSE(wanted_facts(ids, 2).paused);
    EXPECT_TRUE(wanted_facts(ids, 2).tools);
    EXPECT_FALSE(wanted_facts(ids, 1).tools);
}

TEST_F(PropertiesTest, VmTellsWhetherItIsReadOnly) {
    summary_.read_only = true;
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_READ_ONLY), PropertyValue{true});
}

TEST_F(PropertiesTest, VmIsInNoTeamAndRecordsNothing) {
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_VMTEAM_PATHNAME), text(""));
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_IN_VMTEAM), PropertyValue{false});
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_IS_RECORDING), PropertyValue{false});
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_IS_REPLAYING), PropertyValue{false});
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_SSL_ERROR), PropertyValue{false});
}

TEST_F(PropertiesTest, StateOfToolsIsUnknown) {
    EXPECT_EQ(of_vm(VIX_PROPERTY_VM_TOOLS_STATE), integer(VIX_TOOLSSTATE_UNKNOWN));
}

TEST_F(PropertiesTest, SharesPathNeedsARunningGuestWithTools) {
    EXPECT_EQ(code_of([&] { of_vm(VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH); }),
              VIX_E_VM_NOT_RUNNING);
    summary_.power_state = vm::PowerState::Running;
    EXPECT_EQ(code_of([&] { of_vm(VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH); }),
              VIX_E_TOOLS_NOT_RUNNING);
}

TEST_F(PropertiesTest, VmHasNoPropertiesOfOthers) {
    EXPECT_EQ(code_of([&] { of_vm(VIX_PROPERTY_HOST_HOSTTYPE); }), VIX_E_UNRECOGNIZED_PROPERTY);
    EXPECT_EQ(code_of([&] { of_vm(VIX_PROPERTY_SNAPSHOT_DISPLAYNAME); }),
              VIX_E_UNRECOGNIZED_PROPERTY);
    EXPECT_EQ(code_of([&] { of_vm(VIX_PROPERTY_JOB_RESULT_HANDLE); }), VIX_E_UNRECOGNIZED_PROPERTY);
}

TEST_F(PropertiesTest, PasswordCannotBeRead) {
    EXPECT_EQ(code_of([&] { of_vm(VIX_PROPERTY_VM_ENCRYPTION_PASSWORD); }),
              VIX_E_UNRECOGNIZED_PROPERTY);
}

}  // namespace
}  // namespace vix::api
