// Reads the settings: ~/.vmware/vix.conf (in VMware's dictionary format), overridden by the
// environment. An invalid setting is an error and is never ignored.
#pragma once

#include <optional>
#include <string>

#include "format/dictionary.h"
#include "io/process/environment.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/settings.h"

namespace vix::host {

struct Setting {
    std::string name;
    std::string value;
    std::string where;  // for a detail: the line of the file, or the variable
};

// A snapshot of the file and the environment, for callers that need several kinds of settings.
// Construct it in the thread that changes the environment. A missing file, or a home that this user
// cannot read, is not an error. Throws VIX_E_INVALID_ARG for a malformed line, an unknown setting,
// and a misspelt environment variable; also the errors of reading the file.
class SettingsFile {
  public:
    SettingsFile();

    // The environment overrides the file.
    std::optional<Setting> find(const std::string& name) const;

    // As it was when the file was read.
    const io::Environment& environment() const { return environment_; }

  private:
    io::Environment environment_;
    std::string path_;
    format::Dictionary file_;
};

// The environment variable VIX_A_B overrides a setting `a.b`. Throws VIX_E_INVALID_ARG, whose
// detail names the setting with an invalid value, where it is set, and what is allowed.
vm::Settings load_settings(const SettingsFile& file = {});

// The same for the settings power.*.
power::Settings load_power_settings(const SettingsFile& file = {});

}  // namespace vix::host
