#include "ops/config_change.h"

#include "io/replacement.h"
#include "ops/machine_lock.h"

namespace vix::ops {

void change_config(const boost::filesystem::path& vmx, const vm::Settings& settings,
                   Progress& waiting, const ConfigEdit& edit) {
    const MachineLock lock{vmx, settings, waiting};
    const vm::Config machine = vm::Config::read(vmx);
    refuse_encrypted(machine);
    format::Dictionary dictionary = machine.dictionary();
    edit(machine, dictionary);
    const std::string bytes = dictionary.to_bytes();
    if (bytes != machine.dictionary().to_bytes()) io::replace_file(vmx, bytes, settings.durability);
}

}  // namespace vix::ops
