#include "ops/machine/variables.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/machines/machines.h"
#include "testing/machines/running.h"
#include "testing/process/failure.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;

class Variables : public ::testing::Test {
  protected:
    testing::TempFolder folder_;
    fs::path vmx_ =
        folder_.write("vm.vmx", "# mine\r\ndisplayName = \"Web |22 1\"\r\nmemsize = 64\r\n");
    std::string read(const std::string& name) const {
        return read_config_variable({vmx_, settings_, {}}, name);
    }
    void write(const std::string& name, const std::string& value) const {
        Progress progress;
        write_config_variable({vmx_, settings_, {}}, name, value, progress);
    }
    std::string text() const { return testing::read_file(vmx_); }

    vm::Settings settings_ = testing::plain_settings();
};

TEST_F(Variables, AreReadWithoutRegardToCase) {
    EXPECT_EQ(read("displayname"), "Web \" 1");
    EXPECT_EQ(read("MEMSIZE"), "64");
}

TEST_F(Variables, ThatAreNotThereReadAsEmpty) {
    EXPECT_EQ(read("guestinfo.ip"), "");
}

TEST_F(Variables, AreWrittenInPlace) {
    write("DISPLAYNAME", "b");
    EXPECT_EQ(text(), "# mine\r\ndisplayName = \"b\"\r\nmemsize = 64\r\n");
    write("guestinfo.role", "web\n2");
    EXPECT_EQ(text(),
              "# mine\r\ndisplayName = \"b\"\r\nmemsize = 64\r\nguestinfo.role = \"web|0A2\"\r\n");
    EXPECT_EQ(read("guestinfo.role"), "web\n2");
}

TEST_F(Variables, LeaveNoLockBehind) {
    write("a", "b");
    EXPECT_EQ(testing::names_in(folder_.path()), "vm.vmx");
}

TEST_F(Variables, HaveNamesThatALineCanHave) {
    const std::string before = text();
    EXPECT_EQ(code_of([&] { write("a=b", "c"); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of([&] { write("", "c"); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of([&] { write("a b", "c"); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of([&] { write("a\nb", "c"); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of([&] { write("#a", "c"); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of([&] { read(""); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(text(), before);
}

TEST_F(Variables, OfAMachineThatAnotherProductRunsAreReadOnly) {
    const testing::RunningElsewhere running{vmx_};
    EXPECT_EQ(read("memsize"), "64");
    EXPECT_EQ(code_of([&] { write("memsize", "128"); }), VIX_E_VM_IS_RUNNING);
}

TEST_F(Variables, OfAnEncryptedMachineMayBeHidden) {
    vmx_ = folder_.write("vm.vmx", "displayName = \"x\"\nencryption.data = \"y\"\n");
    EXPECT_EQ(read("displayName"), "x");
    EXPECT_EQ(code_of([&] { read("memsize"); }), VIX_E_NEED_KEY);
    EXPECT_EQ(code_of([&] { write("memsize", "1"); }), VIX_E_NEED_KEY);
}

TEST_F(Variables, OfNoMachineAreNotFound) {
    vmx_ = folder_ / "none.vmx";
    EXPECT_EQ(code_of([&] { read("a"); }), VIX_E_VM_NOT_FOUND);
    EXPECT_EQ(code_of([&] { write("a", "b"); }), VIX_E_VM_NOT_FOUND);
}

}  // namespace
}  // namespace vix::ops
