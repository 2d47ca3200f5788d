// The objects behind handles: a host connection, a virtual machine, a snapshot, a property list.
// Jobs are in api/jobs/job.h. A new kind needs a HandleType and a class; the handle table does not
// change.
//
// Objects are shared between threads. Their members do not change after construction, except where
// marked.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/constants.h"
#include "api/values.h"
#include "host/machine_access.h"
#include "host/provider.h"

namespace vix::api {

enum class HandleType {
    None = VIX_HANDLETYPE_NONE,
    Host = VIX_HANDLETYPE_HOST,
    Vm = VIX_HANDLETYPE_VM,
    Job = VIX_HANDLETYPE_JOB,
    Snapshot = VIX_HANDLETYPE_SNAPSHOT,
    PropertyList = VIX_HANDLETYPE_PROPERTY_LIST,
};

class Object {
  public:
    virtual ~Object() = default;

    HandleType type() const noexcept { return type_; }

  protected:
    explicit Object(HandleType type) : type_{type} {}

  private:
    HandleType type_;
};

// The product that a connection is made to, and the libvirt that runs its machines.
struct Service {
    host::Provider provider;
    std::string power_uri;  // empty: that of the settings
};

class HostObject : public Object {
  public:
    static constexpr HandleType kType = HandleType::Host;

    explicit HostObject(host::Provider provider, std::string power_uri = {})
        : Object{kType}, service_{provider, std::move(power_uri)} {}

    host::Provider provider() const noexcept { return service_.provider; }
    const Service& service() const noexcept { return service_; }

  private:
    Service service_;
};

class VmObject : public Object {
  public:
    static constexpr HandleType kType = HandleType::Vm;

    VmObject(Handle host, Service service, std::shared_ptr<host::MachineAccess> machine)
        : Object{kType}, host_{host}, service_{std::move(service)}, machine_{std::move(machine)} {}

    Handle host() const noexcept { return host_; }
    host::Provider provider() const noexcept { return service_.provider; }
    const Service& service() const noexcept { return service_; }
    host::MachineAccess& machine() const noexcept { return *machine_; }

    // Set when VMDelete has removed the machine, and never cleared. Its handle stays until it is
    // released, but no call accepts it, even if another machine appears at the same path.
    void mark_deleted() noexcept { deleted_ = true; }
    bool is_deleted() const noexcept { return deleted_; }

    // The user who logged in to the guest through this handle with the right password; empty:
    // nobody.
    void set_guest_user(std::string user) {
        const std::lock_guard guard{mutex_};
        guest_user_ = std::move(user);
    }
    std::string guest_user() const {
        const std::lock_guard guard{mutex_};
        return guest_user_;
    }

  private:
    Handle host_;
    Service service_;
    std::shared_ptr<host::MachineAccess> machine_;
    std::atomic<bool> deleted_{false};
    mutable std::mutex mutex_;
    std::string guest_user_;  // guarded by mutex_
};

class SnapshotObject : public Object {
  public:
    static constexpr HandleType kType = HandleType::Snapshot;

    SnapshotObject(std::shared_ptr<VmObject> vm, int id)
        : Object{kType}, vm_{std::move(vm)}, id_{id} {}

    const std::shared_ptr<VmObject>& vm() const noexcept { return vm_; }
    int id() const noexcept { return id_; }

  private:
    std::shared_ptr<VmObject> vm_;
    int id_;
};

// Properties by identifier, in the order of their insertion; none twice.
class PropertyListObject : public Object {
  public:
    static constexpr HandleType kType = HandleType::PropertyList;

    using Properties = std::vector<std::pair<int, PropertyValue>>;

    explicit PropertyListObject(Properties properties)
        : Object{kType}, properties_{std::move(properties)} {}

    const Properties& properties() const noexcept { return properties_; }

  private:
    Properties properties_;
};

}  // namespace vix::api
