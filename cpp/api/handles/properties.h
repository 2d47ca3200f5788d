// The values of GetProperties for each kind of handle, one property at a time.
#pragma once

#include "api/handles/object.h"
#include "api/values.h"
#include "host/machine_access.h"

namespace vix::api {

// Error VIX_E_UNRECOGNIZED_PROPERTY if hosts have no such property.
PropertyValue host_property(const HostObject& host, int id);

// What vm_property() must know of the machine for this property beyond its summary.
host::WantedFacts wanted_facts(const int* ids, std::size_t id_count);

// `facts` were just read from the machine. Errors: VIX_E_UNRECOGNIZED_PROPERTY;
// VIX_E_VM_NOT_RUNNING or VIX_E_TOOLS_NOT_RUNNING for a value that only the tools of a running
// guest know.
PropertyValue vm_property(const VmObject& vm, const host::MachineFacts& facts, int id);

// Error VIX_E_UNRECOGNIZED_PROPERTY.
PropertyValue snapshot_property(const host::SnapshotInfo& snapshot, vm::PowerState then, int id);

// Error VIX_E_UNRECOGNIZED_PROPERTY if the list does not contain it.
PropertyValue list_property(const PropertyListObject& list, int id);

}  // namespace vix::api
