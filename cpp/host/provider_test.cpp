#include "host/provider.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vix::host {
namespace {

ErrorCode code_for_host_type(int host_type) {
    try {
        provider_for(host_type);
    } catch (const Error& error) {
        return error.code();
    }
    return VIX_OK;
}

ErrorCode code_for(Provider provider, Operation operation) {
    try {
        require_support(provider, operation);
    } catch (const Error& error) {
        return error.code();
    }
    return VIX_OK;
}

TEST(Provider, DefaultIsWorkstation) {
    EXPECT_EQ(provider_for(1), Provider::Workstation);
}

TEST(Provider, KnowsTheHostedProducts) {
    EXPECT_EQ(provider_for(2), Provider::Server);
    EXPECT_EQ(provider_for(3), Provider::Workstation);
    EXPECT_EQ(provider_for(4), Provider::Player);
    EXPECT_EQ(provider_for(11), Provider::WorkstationShared);
}

TEST(Provider, KnowsTheServerOfThisHost) {
    EXPECT_EQ(provider_for(10), Provider::ViServer);
    EXPECT_EQ(code_for(Provider::ViServer, Operation::SnapshotMachine), VIX_OK);
    EXPECT_EQ(code_for(Provider::ViServer, Operation::CloneMachine), VIX_E_NOT_SUPPORTED);
}

TEST(Provider, RefusesNumbersThatAreNoHostType) {
    EXPECT_EQ(code_for_host_type(0), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_for_host_type(-1), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_for_host_type(5), VIX_E_INVALID_ARG);
}

TEST(Provider, OnlyWorkstationClones) {
    EXPECT_EQ(code_for(Provider::Workstation, Operation::CloneMachine), VIX_OK);
    EXPECT_EQ(code_for(Provider::Player, Operation::CloneMachine), VIX_E_NOT_SUPPORTED);
    EXPECT_EQ(code_for(Provider::Server, Operation::CloneMachine), VIX_E_NOT_SUPPORTED);
    EXPECT_EQ(code_for(Provider::WorkstationShared, Operation::CloneMachine), VIX_E_NOT_SUPPORTED);
}

TEST(Provider, AllProductsOpenAndDelete) {
    EXPECT_EQ(code_for(Provider::Player, Operation::OpenMachine), VIX_OK);
    EXPECT_EQ(code_for(Provider::Server, Operation::DeleteMachine), VIX_OK);
}

TEST(Provider, RefusalNamesTheProduct) {
    try {
        require_support(Provider::Player, Operation::CloneMachine);
        FAIL() << "Player cloned";
    } catch (const Error& error) {
        EXPECT_NE(error.detail().find("VMware Player"), std::string::npos) << error.detail();
    }
}

}  // namespace
}  // namespace vix::host
