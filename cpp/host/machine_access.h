// What a connection lets its caller do with one virtual machine. The façade knows machines by this
// interface alone: where their files are, and whether they are files, is the implementation's
// matter. host/local has the one for this host. Each function may be a round trip over a network,
// so a call asks for all it needs at once.
//
// A function that changes a machine takes the context of its job: settings, progress, notes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/context.h"
#include "host/guest_access.h"
#include "host/snapshot_list.h"
#include "ops/machine/remove.h"
#include "ops/machine/shared_folders.h"
#include "ops/snapshots/snapshot.h"
#include "power/domain/connected_devices.h"
#include "power/libvirt/libvirt.h"
#include "vm/machine/summary.h"

namespace vix::host {

// What is asked for beyond the summary; each may take a while for a machine that runs.
struct WantedFacts {
    bool paused = false;
    bool tools = false;
};

struct MachineFacts {
    vm::Summary summary;        // its state is never Paused unless that is wanted
    bool tools_answer = false;  // false unless wanted
};

enum class CloneKind { Full, Linked };

struct CloneOrder {
    CloneKind kind;
    std::optional<int> snapshot;  // its id; nothing: the current state
    std::string destination;      // path of the clone's .vmx, as the caller spelt it
};

// How a machine is switched off or reset.
enum class By { Power, Guest };

enum class Window { None, Wanted };
enum class AfterRevert { AsInSnapshot, AsInSnapshotWithWindow, Off };

enum class Variable { Guest, Configuration, Environment };

enum class Login { Usual, AtScreen };

class MachineAccess {
  public:
    virtual ~MachineAccess() = default;

    // Equal for two handles of one machine. Jobs on one machine run one after the other.
    virtual const std::string& identity() const = 0;
    // UTF-8, absolute, as the caller spelt it: for VIX_PROPERTY_VM_VMX_PATHNAME and for details.
    virtual const std::string& name() const = 0;

    virtual MachineFacts facts(const Context& context, WantedFacts wanted) const = 0;
    // Errors: VIX_E_VM_NOT_RUNNING for a machine that is off or suspended.
    virtual void require_running(const Context& context) const = 0;

    // VMs that run in another product: VIX_E_CANNOT_CONNECT_TO_VM, here and below.
    virtual void power_on(const Context& context, power::StartAs as, Window window) = 0;
    virtual void power_off(const Context& context, By by) = 0;
    virtual void reset(const Context& context, By by) = 0;
    virtual void suspend(const Context& context) = 0;
    virtual void pause(const Context& context) = 0;
    virtual void unpause(const Context& context) = 0;

    // Types a text on its keyboard. Error VIX_E_INVALID_ARG for a character without a key, before
    // anything is typed.
    virtual void type_keys(const Context& context, const std::string& text) = 0;
    // Connects or disconnects a device ("ethernet0", "ide1:0") until the machine is powered off.
    // Errors: VIX_E_OBJECT_NOT_FOUND; VIX_E_NOT_SUPPORTED for devices that always stay connected.
    virtual void plug(const Context& context, const std::string& device, power::Plug plug) = 0;

    virtual SnapshotList snapshots(const Context& context) const = 0;
    // The machine's state when the snapshot was taken.
    virtual vm::PowerState state_in_snapshot(const Context& context, int id) const = 0;
    // Returns the new snapshot's id. `with_memory` has no effect for a machine that is off.
    virtual int take_snapshot(const Context& context, const std::string& name,
                              const std::string& description, bool with_memory) = 0;
    // All errors of a snapshot that is gone: VIX_E_SNAPSHOT_NOTFOUND.
    virtual void remove_snapshot(const Context& context, int id, ops::RemoveChildren children) = 0;
    virtual void revert_to_snapshot(const Context& context, int id, AfterRevert after) = 0;

    virtual void clone(const Context& context, const CloneOrder& order) const = 0;
    virtual void remove(const Context& context, ops::RemoveDisks disks) = 0;
    virtual void upgrade_hardware(const Context& context) = 0;

    virtual std::vector<ops::SharedFolder> shared_folders(const Context& context) const = 0;
    virtual void enable_shared_folders(const Context& context, bool enabled) = 0;
    virtual void add_shared_folder(const Context& context, const ops::SharedFolder& folder) = 0;
    virtual void set_shared_folder(const Context& context, const ops::SharedFolder& folder) = 0;
    virtual void remove_shared_folder(const Context& context, const std::string& name) = 0;

    // `user` logged in to the guest; empty: nobody did. Only the environment asks for one.
    virtual std::string read_variable(const Context& context, Variable variable,
                                      const std::string& name, const std::string& user) const = 0;
    virtual void write_variable(const Context& context, Variable variable, const std::string& name,
                                const std::string& value, const std::string& user) = 0;

    // Waits without limit if timeout_s is not above 0. Error VIX_E_TIMEOUT_WAITING_FOR_TOOLS.
    virtual void wait_for_tools(const Context& context, int timeout_s) = 0;
    // Returns if the guest accepts the password.
    virtual void check_login(const Context& context, const std::string& user,
                             const std::string& password, Login login) = 0;
    // Error VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED for an empty `user`. The result ends before the
    // context does.
    virtual std::unique_ptr<GuestAccess> guest(const Context& context,
                                               const std::string& user) const = 0;
};

}  // namespace vix::host
