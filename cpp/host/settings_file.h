// Reads the settings: ~/.vmware/vix.conf (in VMware's dictionary format), overridden by the
// environment. An invalid setting is an error and is never ignored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

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
    std::optional<Setting> find(std::string_view name) const;
    // All that are set whose names are `prefix` and a number.
    std::map<std::uint64_t, Setting> find_numbered(std::string_view prefix) const;

    // As it was when the file was read.
    const io::Environment& environment() const { return environment_; }

  private:
    void read_file();
    void read_environment();

    io::Environment environment_;
    // What is set, by the name of its environment variable. Most calls find nothing here, and each
    // of them asks for every setting.
    std::map<std::string, Setting> settings_;
};

// The environment variable VIX_A_B overrides a setting `a.b`. Throws VIX_E_INVALID_ARG, whose
// detail names the setting with an invalid value, where it is set, and what is allowed.
vm::Settings load_settings(const SettingsFile& file = {});

// The same for the settings power.*.
power::Settings load_power_settings(const SettingsFile& file = {});

}  // namespace vix::host
