#include "ops/machine/hardware.h"

#include <string>

#include "base/error.h"
#include "ops/machine/config_change.h"

namespace vix::ops {
namespace {

constexpr long kFirstWithPciExpress = 7;
constexpr const char* kVersion = "virtualHW.version";

// VMware writes these keys into every new machine since that version.
void add_bridges(const vm::Config& machine, format::Dictionary& dictionary) {
    const auto add = [&](const std::string& name, const char* value) {
        if (!machine.find(name)) dictionary.set(name, value);
    };
    add("pciBridge0.present", "TRUE");
    for (const char* bridge : {"pciBridge4", "pciBridge5", "pciBridge6", "pciBridge7"}) {
        add(std::string{bridge} + ".present", "TRUE");
        add(std::string{bridge} + ".virtualDev", "pcieRootPort");
        add(std::string{bridge} + ".functions", "8");
    }
}

}  // namespace

void upgrade_hardware(const boost::filesystem::path& vmx, const vm::Settings& settings,
                      Progress& progress) {
    change_config(vmx, settings, progress,
                  [&](const vm::Config& machine, format::Dictionary& dictionary) {
                      if (machine.is_suspended()) {
                          throw Error{VIX_E_VM_IS_RUNNING,
                                      vmx.string() +
                                          " is suspended and must resume with its present "
                                          "hardware. Resume it and shut it down, then upgrade"};
                      }
                      const long version = machine.number(kVersion, 0);
                      if (version >= kNewestHardware) return;
                      dictionary.set(kVersion, std::to_string(kNewestHardware));
                      if (version < kFirstWithPciExpress) add_bridges(machine, dictionary);
                      progress.checkpoint("the configuration is about to change");
                  });
}

}  // namespace vix::ops
