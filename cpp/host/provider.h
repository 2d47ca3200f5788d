// The products whose host a connection stands for, and which operation each of them supports. The
// files on disk are the same for all of them; what differs is what VMware lets a caller do.
#pragma once

namespace vix::host {

// The numbers are those of VIX_SERVICEPROVIDER_VMWARE_*.
enum class Provider { Server = 2, Workstation = 3, Player = 4, WorkstationShared = 11 };

enum class Operation {
    OpenMachine,
    CloneMachine,
    DeleteMachine,
    SnapshotMachine,
    PauseMachine,
    UpgradeHardware,
    ShareFolders,
    Record,
};

// The provider that the host type of a connection asks for; the default one is Workstation. Errors:
// VIX_E_WRAPPER_SERVICEPROVIDER_NOT_FOUND for a product that VIX knows and this library cannot
// serve, VIX_E_INVALID_ARG for a number that is none.
Provider provider_for(int host_type);

const char* product_name(Provider provider);

bool supports(Provider provider, Operation operation);

// Throws VIX_E_NOT_SUPPORTED, naming product and operation, when the product lacks the operation.
void require_support(Provider provider, Operation operation);

}  // namespace vix::host
