// Reads the settings: ~/.vmware/vix.conf (VMware's dictionary form), overridden by the environment.
#pragma once

#include <optional>
#include <string>

#include "format/dictionary.h"
#include "io/environment.h"
#include "power/settings.h"
#include "vm/settings.h"

namespace vix::host {

// The file and the environment as they are now, for who needs several kinds of settings. Errors:
// those of reading it; a missing file is none. Made in the thread in which the caller changes the
// environment.
class SettingsFile {
  public:
    SettingsFile();

    // A value of the environment goes before the file's.
    std::optional<std::string> find(const std::string& setting) const;

    // As it was when the file was read.
    const io::Environment& environment() const { return environment_; }

  private:
    io::Environment environment_;
    format::Dictionary file_;
};

// A setting `a.b` is overridden by the environment variable VIX_A_B. Error VIX_E_INVALID_ARG names
// the setting whose value cannot be used.
vm::Settings load_settings(const SettingsFile& file = {});

// The same for the settings power.*
power::Settings load_power_settings(const SettingsFile& file = {});

}  // namespace vix::host
