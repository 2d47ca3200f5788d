#include "ops/machine/config_change.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/text.h"
#include "io/files/replacement.h"
#include "ops/machine/machine_lock.h"
#include "power/domain/domain_identity.h"
#include "power/libvirt/libvirt.h"
#include "power/running_machine.h"

namespace vix::ops {

namespace {

// Of a machine that is encrypted for its TPM, VMware reads the other lines as they are; but a
// changed key would lock the machine for ever.
void refuse_change_of_keys(const vm::Config& machine, const format::Dictionary& changed) {
    if (machine.encryption() != vm::Encryption::Partial) return;
    const auto keys_in = [](const format::Dictionary& dictionary) {
        constexpr std::string_view kKeys[] = {"encryption.", "encryptedvm.", "vtpm.",
                                              "vmx.encryptiontype"};
        std::map<std::string, std::string> found;
        for (const auto& [name, value] : dictionary.entries()) {
            const std::string key = to_lower(name);
            const auto is_in = [&](std::string_view start) { return key.starts_with(start); };
            if (std::any_of(std::begin(kKeys), std::end(kKeys), is_in)) found[key] = value;
        }
        return found;
    };
    if (keys_in(machine.dictionary()) == keys_in(changed)) return;
    refuse_encrypted(machine,
                     "the lines of its encryption and of its TPM can only be changed by "
                     "VMware's products");
}

void replace_config(const vm::Machine& machine, const ConfigEdit& edit) {
    refuse_fully_encrypted(machine);
    format::Dictionary dictionary = machine.dictionary();
    edit(machine, dictionary);
    refuse_change_of_keys(machine, dictionary);
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
