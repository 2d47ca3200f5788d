#include "host/provider.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <string>

#include "base/error.h"

namespace vix::host {
namespace {

constexpr int kDefaultHostType = 1;

constexpr unsigned bit(Operation operation) {
    return 1U << static_cast<unsigned>(operation);
}

constexpr unsigned kOnAll = bit(Operation::OpenMachine) | bit(Operation::DeleteMachine);

constexpr unsigned kSnapshots = bit(Operation::SnapshotMachine);
constexpr unsigned kUpgrades = bit(Operation::UpgradeHardware);
constexpr unsigned kSharing = bit(Operation::ShareFolders);

struct Product {
    Provider provider;
    const char* name;
    unsigned operations;  // one bit per supported operation
};

// Only Workstation clones: the support matrix of VIX 1.13 has cloning for no other product, and the
// page of the call names Player as one without it. Player has no snapshots either, and its virtual
// machines cannot be paused or upgraded. VIX 1.11 removed recording for all products.
constexpr Product kProducts[] = {
    {Provider::Server, "VMware Server", kOnAll | kSnapshots | kUpgrades},
    {Provider::Workstation, "VMware Workstation",
     kOnAll | kSnapshots | kUpgrades | kSharing | bit(Operation::CloneMachine) |
         bit(Operation::PauseMachine)},
    {Provider::Player, "VMware Player", kOnAll | kSharing},
    {Provider::ViServer, "VMware Server 2", kOnAll | kSnapshots | kUpgrades},
    {Provider::WorkstationShared, "VMware Workstation (shared)", kOnAll | kSnapshots | kUpgrades},
};

const Product& product_of(Provider provider) {
    const auto* found = std::find_if(std::begin(kProducts), std::end(kProducts),
                                     [&](const Product& p) { return p.provider == provider; });
    assert(found != std::end(kProducts));
    return *found;
}

const char* operation_name(Operation operation) {
    switch (operation) {
        case Operation::OpenMachine:
            return "opening a virtual machine";
        case Operation::CloneMachine:
            return "cloning a virtual machine";
        case Operation::DeleteMachine:
            return "deleting a virtual machine";
        case Operation::SnapshotMachine:
            return "using snapshots";
        case Operation::PauseMachine:
            return "pausing a virtual machine";
        case Operation::UpgradeHardware:
            return "upgrading virtual hardware";
        case Operation::ShareFolders:
            return "sharing folders with a guest";
        case Operation::Record:
            return "recording or replaying a virtual machine";
    }
    return "this operation";
}

}  // namespace

Provider provider_for(int host_type) {
    if (host_type == kDefaultHostType) return Provider::Workstation;
    for (const Product& product : kProducts) {
        if (static_cast<int>(product.provider) == host_type) return product.provider;
    }
    throw Error{VIX_E_INVALID_ARG, "host type " + std::to_string(host_type) + " is unknown"};
}

const char* product_name(Provider provider) {
    return product_of(provider).name;
}

bool supports(Provider provider, Operation operation) {
    return (product_of(provider).operations & bit(operation)) != 0;
}

void require_support(Provider provider, Operation operation) {
    const Product& product = product_of(provider);
    if (supports(provider, operation)) return;
    throw Error{VIX_E_NOT_SUPPORTED, std::string{operation_name(operation)} +
                                         " is not supported through a connection to " +
                                         product.name};
}

}  // namespace vix::host
