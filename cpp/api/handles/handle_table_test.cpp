#include "api/handles/handle_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <thread>
#include <vector>

#include "base/error.h"
#include "host/local/local_machine.h"
#include "testing/process/failure.h"

namespace vix::api {
namespace {

using vix::testing::code_of;

std::shared_ptr<Object> host_object() {
    return std::make_shared<HostObject>(host::Provider::Workstation);
}

std::shared_ptr<Object> vm_object(Handle host, const std::string& vmx) {
    return std::make_shared<VmObject>(host, Service{host::Provider::Workstation, {}},
                                      std::make_shared<host::LocalMachine>(vmx, vmx));
}

class HandleTableTest : public ::testing::Test {
  protected:
    Handle add_vm(Handle owner, const std::string& vmx) {
        return table_.add_owned(owner, vmx, vm_object(owner, vmx));
    }

    HandleTable table_;
    const Handle host_ = table_.add(host_object());
};

TEST_F(HandleTableTest, GivesEachHostConnectionItsOwnHandle) {
    const Handle other = table_.add(host_object());
    EXPECT_NE(host_, VIX_INVALID_HANDLE);
    EXPECT_NE(other, host_);
}

TEST(HandleTable, EndsWithTheLastNumber) {
    constexpr Handle kLast = std::numeric_limits<Handle>::max() - 1;
    HandleTable table{kLast};
    EXPECT_EQ(table.add(host_object()), kLast);
    EXPECT_EQ(code_of([&] { table.add(host_object()); }), VIX_E_TOO_MANY_HANDLES);
    EXPECT_EQ(code_of([&] { table.add_owned(kLast, "/vms/a.vmx", vm_object(kLast, "a.vmx")); }),
              VIX_E_TOO_MANY_HANDLES);
    EXPECT_EQ(table.type_of(kLast), HandleType::Host);
}

TEST_F(HandleTableTest, FindsTheObjectOfAHandle) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    EXPECT_EQ(table_.get<VmObject>(vm)->machine().identity(), "/vms/a.vmx");
    EXPECT_EQ(table_.type_of(vm), HandleType::Vm);
    EXPECT_EQ(table_.type_of(host_), HandleType::Host);
}

TEST_F(HandleTableTest, RefusesHandlesThatStandForNothing) {
    EXPECT_EQ(code_of([&] { table_.get<VmObject>(0); }), VIX_E_INVALID_HANDLE);
    EXPECT_EQ(code_of([&] { table_.get<VmObject>(-1); }), VIX_E_INVALID_HANDLE);
    EXPECT_EQ(code_of([&] { table_.get_any(host_ + 1); }), VIX_E_INVALID_HANDLE);
    EXPECT_EQ(table_.type_of(host_ + 1), HandleType::None);
}

TEST_F(HandleTableTest, RefusesAHandleOfAnotherKind) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    EXPECT_EQ(code_of([&] { table_.get<VmObject>(host_); }), VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE);
    EXPECT_EQ(code_of([&] { table_.get<HostObject>(vm); }), VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE);
}

TEST_F(HandleTableTest, GivesTheSameHandleForTheSameMachine) {
    const Handle first = add_vm(host_, "/vms/a.vmx");
    EXPECT_EQ(add_vm(host_, "/vms/a.vmx"), first);
    EXPECT_NE(add_vm(host_, "/vms/b.vmx"), first);
}

TEST_F(HandleTableTest, KeepsTheMachinesOfTwoConnectionsApart) {
    const Handle other = table_.add(host_object());
    EXPECT_NE(add_vm(host_, "/vms/a.vmx"), add_vm(other, "/vms/a.vmx"));
}

TEST_F(HandleTableTest, NeedsOneReleaseForEachTimeAHandleWasGiven) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    add_vm(host_, "/vms/a.vmx");
    table_.release(vm);
    EXPECT_EQ(table_.type_of(vm), HandleType::Vm);
    table_.release(vm);
    EXPECT_EQ(table_.type_of(vm), HandleType::None);
}

TEST_F(HandleTableTest, IgnoresAReleaseTooMany) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    table_.release(vm);
    table_.release(vm);
    table_.release(0);
    table_.release(-5);
    EXPECT_EQ(table_.type_of(host_), HandleType::Host);
}

TEST_F(HandleTableTest, NeverGivesANumberAgain) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    table_.release(vm);
    const Handle again = add_vm(host_, "/vms/a.vmx");
    EXPECT_NE(again, vm);
    table_.release(vm);
    EXPECT_EQ(table_.type_of(again), HandleType::Vm);
}

TEST_F(HandleTableTest, EndsEveryHandleOfAHost) {
    const Handle first = add_vm(host_, "/vms/a.vmx");
    const Handle second = add_vm(host_, "/vms/b.vmx");
    add_vm(host_, "/vms/a.vmx");
    table_.end(host_, HandleType::Host);
    EXPECT_EQ(table_.type_of(host_), HandleType::None);
    EXPECT_EQ(table_.type_of(first), HandleType::None);
    EXPECT_EQ(table_.type_of(second), HandleType::None);
}

TEST_F(HandleTableTest, EndsNothingOfAnotherHost) {
    const Handle other = table_.add(host_object());
    const Handle vm = add_vm(other, "/vms/a.vmx");
    table_.end(host_, HandleType::Host);
    EXPECT_EQ(table_.type_of(vm), HandleType::Vm);
    EXPECT_EQ(table_.type_of(other), HandleType::Host);
}

TEST_F(HandleTableTest, EndsATreeOfOwners) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    const Handle below = add_vm(vm, "a snapshot");
    const Handle sibling = add_vm(vm, "another");
    table_.end(host_, HandleType::Host);
    EXPECT_EQ(table_.type_of(vm), HandleType::None);
    EXPECT_EQ(table_.type_of(below), HandleType::None);
    EXPECT_EQ(table_.type_of(sibling), HandleType::None);
}

TEST_F(HandleTableTest, EndsATreeOfOwnersReleasedAlready) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    const Handle below = add_vm(vm, "a snapshot");
    table_.release(vm);
    table_.end(host_, HandleType::Host);
    EXPECT_EQ(table_.type_of(below), HandleType::None);
}

TEST_F(HandleTableTest, EndsAHandleOfTheNamedTypeOnly) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    table_.end(vm, HandleType::Host);
    EXPECT_EQ(table_.type_of(vm), HandleType::Vm);
}

TEST_F(HandleTableTest, EndingTwiceIsHarmless) {
    const Handle other = table_.add(host_object());
    table_.end(host_, HandleType::Host);
    table_.end(host_, HandleType::Host);
    EXPECT_EQ(table_.type_of(other), HandleType::Host);
}

TEST_F(HandleTableTest, AddsNothingToAHostThatIsGone) {
    table_.end(host_, HandleType::Host);
    EXPECT_EQ(code_of([&] { add_vm(host_, "/vms/a.vmx"); }), VIX_E_INVALID_HANDLE);
}

TEST_F(HandleTableTest, AReleasedHostLivesOnInsideForItsMachines) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    table_.release(host_);
    EXPECT_EQ(table_.type_of(host_), HandleType::None);
    EXPECT_EQ(table_.type_of(vm), HandleType::Vm);
    EXPECT_EQ(add_vm(host_, "/vms/a.vmx"), vm);
}

TEST_F(HandleTableTest, AReleasedHostGoesWithItsLastMachine) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    table_.release(host_);
    table_.release(vm);
    EXPECT_EQ(code_of([&] { add_vm(host_, "/vms/a.vmx"); }), VIX_E_INVALID_HANDLE);
}

TEST_F(HandleTableTest, AHostReleasedTooOftenKeepsItsMachines) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    table_.release(host_);
    table_.release(host_);
    table_.release(host_);
    EXPECT_EQ(table_.type_of(vm), HandleType::Vm);
}

TEST_F(HandleTableTest, AReleasedHostCanStillBeEnded) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    table_.release(host_);
    table_.end(host_, HandleType::Host);
    EXPECT_EQ(table_.type_of(vm), HandleType::None);
}

TEST_F(HandleTableTest, AForgottenIdentityGetsANewHandle) {
    const Handle deleted = add_vm(host_, "/vms/a.vmx");
    table_.forget_identity(deleted);
    const Handle fresh = add_vm(host_, "/vms/a.vmx");
    EXPECT_NE(fresh, deleted);
    EXPECT_EQ(table_.type_of(deleted), HandleType::Vm);
}

TEST_F(HandleTableTest, ReleasingAForgottenObjectLeavesItsSuccessorKnown) {
    const Handle deleted = add_vm(host_, "/vms/a.vmx");
    table_.forget_identity(deleted);
    const Handle fresh = add_vm(host_, "/vms/a.vmx");
    table_.forget_identity(deleted);
    table_.release(deleted);
    EXPECT_EQ(add_vm(host_, "/vms/a.vmx"), fresh);
}

TEST_F(HandleTableTest, AnObjectInUseOutlivesItsHandle) {
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    const auto object = table_.get<VmObject>(vm);
    table_.end(host_, HandleType::Host);
    EXPECT_EQ(object->machine().identity(), "/vms/a.vmx");
}

TEST_F(HandleTableTest, ThreadsGetNumbersOfTheirOwn) {
    constexpr int kThreads = 4;
    constexpr int kHandles = 500;
    std::vector<std::vector<Handle>> made(kThreads);
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kHandles; ++i) {
                const std::string vmx = std::to_string(t) + "/" + std::to_string(i);
                made[t].push_back(add_vm(host_, vmx));
            }
        });
    }
    for (auto& thread : threads) thread.join();

    std::set<Handle> all;
    for (const auto& handles : made) all.insert(handles.begin(), handles.end());
    EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kHandles));
}

TEST_F(HandleTableTest, ThreadsShareTheHandleOfOneMachine) {
    constexpr int kThreads = 4;
    constexpr int kRounds = 2000;
    const Handle vm = add_vm(host_, "/vms/a.vmx");
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < kRounds; ++i) {
                if (add_vm(host_, "/vms/a.vmx") == vm) table_.release(vm);
            }
        });
    }
    for (auto& thread : threads) thread.join();

    EXPECT_EQ(table_.type_of(vm), HandleType::Vm);
    table_.release(vm);
    EXPECT_EQ(table_.type_of(vm), HandleType::None);
}

}  // namespace
}  // namespace vix::api
