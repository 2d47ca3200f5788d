#include "ops/machine/config_change.h"

#include "io/files/replacement.h"
#include "ops/machine/machine_lock.h"
#include "power/domain/domain_identity.h"
#include "power/libvirt/libvirt.h"
#include "power/running_machine.h"

namespace vix::ops {

namespace {

void replace_config(const vm::Machine& machine, const ConfigEdit& edit) {
    refuse_encrypted(machine);
    format::Dictionary dictionary = machine.dictionary();
    edit(machine, dictionary);
    const std::string bytes = dictionary.to_bytes();
    if (bytes == machine.dictionary().to_bytes()) return;
    io::replace_file(machine.path(), bytes, machine.settings().durability);
}

}  // namespace

void change_config(const boost::filesystem::path& vmx, const vm::Settings& settings,
                   Progress& waiting, const ConfigEdit& edit) {
    const MachineLock lock{vmx, settings, waiting};
    replace_config(lock.machine(), edit);
}

// Snapshots of a running machine, which replace the .vmx too, take the same turn.
void change_running_config(const boost::filesystem::path& vmx, const vm::Settings& settings,
                           const power::Settings& power_settings, const ConfigEdit& edit) {
    const auto path = power::canonical_path(vmx);
    const power::Connection connection{power_settings};
    const power::Turn turn{path};
    static_cast<void>(power::running_domain(connection, path, settings));
    replace_config(vm::Machine::open(path, settings), edit);
}

}  // namespace vix::ops
