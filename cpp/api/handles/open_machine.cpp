#include "api/handles/open_machine.h"

#include <memory>
#include <utility>

#include "host/local/local_machine.h"

namespace vix::api {
namespace {

Handle give_machine(const MachineOwner& owner, std::shared_ptr<host::MachineAccess> machine) {
    const std::string identity = machine->identity();
    auto vm = std::make_shared<VmObject>(owner.host, owner.service, std::move(machine));
    return runtime().handles.add_owned(owner.host, identity, std::move(vm));
}

}  // namespace

Handle open_machine(const Call& call, const MachineOwner& owner, std::string_view path,
                    const std::optional<std::string>& password) {
    return give_machine(owner, host::open_local_machine(call, path, password));
}

Handle open_new_machine(const Call& call, const MachineOwner& owner, std::string_view path) {
    return give_machine(owner, host::open_new_local_machine(call, path));
}

}  // namespace vix::api
