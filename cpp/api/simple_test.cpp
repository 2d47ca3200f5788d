#include "api/simple.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/filesystem/fstream.hpp>
#include <boost/filesystem/operations.hpp>
#include <thread>

#include "api/constants.h"
#include "base/error.h"
#include "testing/process/calls.h"

namespace vix::api {
namespace {

namespace fs = boost::filesystem;

constexpr const char* kConfiguration =
    "config.version = \"8\"\nvirtualHW.version = \"16\"\ndisplayName = \"plain\"\n"
    "guestOS = \"other\"\nmemsize = \"64\"\n";

using testing::CallAnswer;

CallAnswer connect(int host_type = VIX_SERVICEPROVIDER_VMWARE_WORKSTATION) {
    return testing::call("HostConnect",
                         {VIX_API_VERSION, host_type, "", 0, "", "", 0, VIX_INVALID_HANDLE});
}

CallAnswer vm_open(Handle host, const std::string& path) {
    return testing::call("VMOpen", {host, path});
}

CallAnswer vm_clone(const std::vector<testing::Given>& arguments) {
    return testing::call("VMClone", arguments);
}

int vm_delete(Handle vm, int options) {
    return testing::call("VMDelete", {vm, options}).error;
}

class SimpleTest : public ::testing::Test {
  protected:
    SimpleTest() {
        fs::create_directories(folder_ / "plain");
        fs::ofstream{vmx_} << kConfiguration;
        setenv("HOME", folder_.c_str(), 1);
    }

    void TearDown() override {
        host_disconnect(host_);
        fs::remove_all(folder_);
    }

    CallAnswer clone(Handle vm, const std::string& destination,
                     int type = VIX_CLONETYPE_FULL) const {
        return vm_clone({vm, VIX_INVALID_HANDLE, type, destination, 0, VIX_INVALID_HANDLE});
    }

    const fs::path folder_ =
        fs::canonical(fs::temp_directory_path()) / fs::unique_path("vixcore-%%%%%%%%");
    const fs::path vmx_ = folder_ / "plain" / "plain.vmx";
    const std::string copy_ = (folder_ / "copy" / "copy.vmx").string();
    const Handle host_ = connect().handle;
};

TEST_F(SimpleTest, ConnectingGivesAHostHandle) {
    EXPECT_EQ(get_handle_type(host_), VIX_HANDLETYPE_HOST);
}

TEST_F(SimpleTest, OpeningTwiceGivesOneHandle) {
    const auto first = vm_open(host_, vmx_.string());
    const auto second = vm_open(host_, (folder_ / "plain" / ".." / "plain/plain.vmx").string());
    EXPECT_EQ(first.error, VIX_OK) << last_error_detail();
    EXPECT_EQ(second.handle, first.handle);
}

TEST_F(SimpleTest, AHardLinkInAnotherFolderIsAnotherMachine) {
    fs::create_directory(folder_ / "other");
    fs::create_hard_link(vmx_, folder_ / "other" / "plain.vmx");
    const auto linked = vm_open(host_, (folder_ / "other" / "plain.vmx").string());
    EXPECT_EQ(linked.error, VIX_OK) << last_error_detail();
    EXPECT_NE(linked.handle, vm_open(host_, vmx_.string()).handle);
}

TEST_F(SimpleTest, OpeningWhatIsNotThereFails) {
    const auto result = vm_open(host_, (folder_ / "none.vmx").string());
    EXPECT_EQ(result.error, VIX_E_VM_NOT_FOUND);
    EXPECT_EQ(result.handle, VIX_INVALID_HANDLE);
}

TEST_F(SimpleTest, OpeningBelowAFileFails) {
    EXPECT_EQ(vm_open(host_, (vmx_ / "a.vmx").string()).error, VIX_E_VM_NOT_FOUND);
}

TEST_F(SimpleTest, OpeningALoopOfLinksFails) {
    fs::create_symlink("loop.vmx", folder_ / "loop.vmx");
    EXPECT_EQ(vm_open(host_, (folder_ / "loop.vmx").string()).error, VIX_E_FILE_NAME_INVALID);
}

TEST_F(SimpleTest, AWindowsPathNeedsADrive) {
    EXPECT_EQ(vm_open(host_, "Q:\\a\\a.vmx").error, VIX_E_FILE_NAME_INVALID);
    EXPECT_NE(last_error_detail().find("VIX_DRIVE_Q"), std::string::npos) << last_error_detail();
}

TEST_F(SimpleTest, TheCloneIsOpen) {
    const auto vm = vm_open(host_, vmx_.string());
    const auto result = clone(vm.handle, copy_);
    EXPECT_EQ(result.error, VIX_OK) << last_error_detail();
    EXPECT_NE(result.handle, vm.handle);
    EXPECT_EQ(vm_open(host_, copy_).handle, result.handle);
}

TEST_F(SimpleTest, HandlesAreCheckedBeforeArguments) {
    EXPECT_EQ(clone(0, "", 77).error, VIX_E_INVALID_HANDLE);
    EXPECT_EQ(clone(host_, "", 77).error, VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE);
}

TEST_F(SimpleTest, ArgumentsAreCheckedBeforeTheProduct) {
    const Handle player = connect(VIX_SERVICEPROVIDER_VMWARE_PLAYER).handle;
    const auto vm = vm_open(player, vmx_.string());
    EXPECT_EQ(clone(vm.handle, copy_, 77).error, VIX_E_INVALID_ARG);
    EXPECT_EQ(clone(vm.handle, copy_).error, VIX_E_NOT_SUPPORTED);
    host_disconnect(player);
}

TEST_F(SimpleTest, ADestinationIsAnAbsoluteFile) {
    const Handle vm = vm_open(host_, vmx_.string()).handle;
    EXPECT_EQ(clone(vm, "").error, VIX_E_INVALID_ARG);
    EXPECT_EQ(clone(vm, "copy/copy.vmx").error, VIX_E_INVALID_ARG);
    EXPECT_EQ(clone(vm, folder_.string() + "/").error, VIX_E_INVALID_ARG);
    EXPECT_EQ(clone(vm, folder_.string() + "/..").error, VIX_E_INVALID_ARG);
    EXPECT_EQ(clone(vm, "Q:\\copy\\").error, VIX_E_INVALID_ARG);
    EXPECT_EQ(clone(vm, "Q:copy.vmx").error, VIX_E_FILE_NAME_INVALID);
}

TEST_F(SimpleTest, OptionsOfCloningMustBeNone) {
    const Handle vm = vm_open(host_, vmx_.string()).handle;
    EXPECT_EQ(vm_clone({vm, 0, VIX_CLONETYPE_FULL, copy_, 1, 0}).error, VIX_E_INVALID_ARG);
    EXPECT_EQ(vm_clone({vm, 0, VIX_CLONETYPE_FULL, copy_, 0, host_}).error, VIX_E_INVALID_ARG);
}

TEST_F(SimpleTest, WhatIsNoSnapshotIsRefusedAsOne) {
    const Handle vm = vm_open(host_, vmx_.string()).handle;
    EXPECT_EQ(vm_clone({vm, vm, VIX_CLONETYPE_FULL, copy_, 0, 0}).error,
              VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE);
    EXPECT_EQ(vm_clone({vm, 7, VIX_CLONETYPE_FULL, copy_, 0, 0}).error, VIX_E_INVALID_HANDLE);
}

TEST_F(SimpleTest, DeletingKnowsTwoOptions) {
    const Handle vm = vm_open(host_, vmx_.string()).handle;
    EXPECT_EQ(vm_delete(vm, 1), VIX_E_INVALID_ARG);
    EXPECT_TRUE(fs::exists(vmx_));
    EXPECT_EQ(vm_delete(vm, VIX_VMDELETE_DISK_FILES), VIX_OK) << last_error_detail();
    EXPECT_FALSE(fs::exists(vmx_));
    EXPECT_EQ(vm_delete(vm, 0), VIX_E_VM_NOT_FOUND);
}

TEST_F(SimpleTest, AFailureGivesAnEmptyValueForEachProperty) {
    const int ids[] = {VIX_PROPERTY_HOST_HOSTTYPE, -1};
    const auto result = get_properties(host_, ids, 2);
    EXPECT_EQ(result.error, VIX_E_UNRECOGNIZED_PROPERTY);
    EXPECT_EQ(result.values, std::vector<PropertyValue>(2));
}

TEST_F(SimpleTest, TheDetailFollowsTheTextOfItsCodeOnly) {
    vm_open(host_, "/no/such.vmx");
    EXPECT_NE(api::error_text(VIX_E_VM_NOT_FOUND).find(": there is no /no/such.vmx"),
              std::string::npos);
    EXPECT_EQ(api::error_text(VIX_E_FILE_NOT_FOUND), "No such file");
}

TEST_F(SimpleTest, TheDetailOutlastsCleaningUp) {
    vm_open(host_, "/no/such.vmx");
    release_handle(0);
    host_disconnect(0);
    EXPECT_FALSE(last_error_detail().empty());
    get_properties(host_, nullptr, 0);
    EXPECT_TRUE(last_error_detail().empty());
}

TEST_F(SimpleTest, TheDetailBelongsToItsThread) {
    vm_open(host_, "/no/such.vmx");
    std::string other = "not asked";
    std::thread{[&] { other = last_error_detail(); }}.join();
    EXPECT_EQ(other, "");
    EXPECT_FALSE(last_error_detail().empty());
}

}  // namespace
}  // namespace vix::api
