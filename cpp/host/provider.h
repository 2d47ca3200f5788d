// The products that a connection can stand for, and the operations that each supports. The files on
// disk are the same for all; only what VMware allows a caller differs.
#pragma once

namespace vix::host {

// The values of VIX_SERVICEPROVIDER_VMWARE_*.
enum class Provider {
    Server = 2,
    Workstation = 3,
    Player = 4,
    ViServer = 10,
    WorkstationShared = 11
};

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

// The provider for a connection's host type; the default is Workstation. Throws VIX_E_INVALID_ARG
// for an unknown number.
Provider provider_for(int host_type);

const char* product_name(Provider provider);

bool supports(Provider provider, Operation operation);

// Throws VIX_E_NOT_SUPPORTED, with product and operation in the detail, if the product lacks the
// operation.
void require_support(Provider provider, Operation operation);

}  // namespace vix::host
