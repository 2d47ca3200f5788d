#include "vm/machine/summary.h"

#include <unistd.h>

#include "vm/machine/machine.h"
#include "vm/machine/running_mark.h"

namespace vix::vm {
namespace {

constexpr int kDefaultMemoryMb = 256;  // VMware's default for memsize

}  // namespace

Summary summarize(const boost::filesystem::path& vmx, const Settings& settings) {
    const Machine machine = Machine::open(vmx, settings);
    Summary summary;
    summary.display_name = machine.display_name();
    summary.guest_os = machine.find("guestOS").value_or("");
    summary.cpu_count = static_cast<int>(machine.number("numvcpus", 1));
    summary.memory_mb = static_cast<int>(machine.number("memsize", kDefaultMemoryMb));
    summary.encrypted = machine.is_encrypted();
    summary.template_vm = machine.is_template();
    summary.read_only = access(vmx.c_str(), W_OK) != 0;
    if (running_mark(machine)) {
        summary.power_state = PowerState::Running;
    } else if (machine.is_suspended()) {
        summary.power_state = PowerState::Suspended;
    }
    return summary;
}

}  // namespace vix::vm
