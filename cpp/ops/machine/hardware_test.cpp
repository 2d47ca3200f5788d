#include "ops/machine/hardware.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "testing/machines/machines.h"
#include "testing/machines/running.h"
#include "testing/process/failure.h"
#include "testing/process/sweep.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;

class Hardware : public ::testing::Test {
  protected:
    std::string upgraded(const std::string& text) {
        vmx_ = folder_.write("vm.vmx", text);
        upgrade();
        return testing::read_file(vmx_);
    }
    void upgrade() {
        Progress progress;
        upgrade_hardware(vmx_, settings_, progress);
    }

    testing::TempFolder folder_;
    fs::path vmx_;
    vm::Settings settings_ = testing::plain_settings();
};

TEST_F(Hardware, IsRaisedInPlace) {
    EXPECT_EQ(upgraded("# a\r\nvirtualhw.version = 16 # old\r\nannotation = \"\xE4\"\r\n"),
              "# a\r\nvirtualhw.version = \"22\" # old\r\nannotation = \"\xE4\"\r\n");
}

TEST_F(Hardware, OfTheNewestVersionIsNotTouched) {
    vmx_ = folder_.write("vm.vmx", "virtualHW.version = \"22\"\n");
    struct stat before {};
    struct stat after {};
    ASSERT_EQ(stat(vmx_.c_str(), &before), 0);
    upgrade();
    ASSERT_EQ(stat(vmx_.c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
    EXPECT_EQ(upgraded("virtualHW.version = \"40\"\n"), "virtualHW.version = \"40\"\n");
}

TEST_F(Hardware, FromBeforePciExpressGetsItsBridges) {
    const auto text = upgraded("virtualHW.version = \"4\"\npciBridge4.present = \"FALSE\"\n");
    EXPECT_TRUE(testing::contains(text, "virtualHW.version = \"22\"\n"));
    EXPECT_TRUE(testing::contains(text, "pciBridge4.present = \"FALSE\"\n"));
    EXPECT_TRUE(testing::contains(text, "pciBridge7.virtualDev = \"pcieRootPort\"\n"));
}

TEST_F(Hardware, OfAMachineInUseStays) {
    const std::string text = "virtualHW.version = \"16\"\n";
    vmx_ = folder_.write("vm.vmx", text + "checkpoint.vmState = \"vm-1.vmss\"\n");
    EXPECT_EQ(code_of([&] { upgrade(); }), VIX_E_VM_IS_RUNNING);
    vmx_ = folder_.write("vm.vmx", text);
    const testing::RunningElsewhere running{vmx_};
    EXPECT_EQ(code_of([&] { upgrade(); }), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(testing::read_file(vmx_), text);
}

TEST_F(Hardware, StaysWhenCancelled) {
    vmx_ = folder_.write("vm.vmx", "virtualHW.version = \"16\"\n");
    testing::StoppingProgress progress{testing::Stop::Failure, 0};
    EXPECT_EQ(code_of([&] { upgrade_hardware(vmx_, settings_, progress); }), VIX_E_CANCELLED);
    EXPECT_EQ(testing::read_file(vmx_), "virtualHW.version = \"16\"\n");
    EXPECT_EQ(testing::names_in(folder_.path()), "vm.vmx");
}

}  // namespace
}  // namespace vix::ops
