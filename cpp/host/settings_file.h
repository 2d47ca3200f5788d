// Reads the settings: ~/.vmware/vix.conf (VMware's dictionary form), overridden by the environment.
// A setting that is given and cannot be followed is an error, never passed over.
#pragma once

#include <optional>
#include <string>

#include "format/dictionary.h"
#include "io/environment.h"
#include "power/settings.h"
#include "vm/settings.h"

namespace vix::host {

struct Setting {
    std::string name;
    std::string value;
    std::string where;  // for a detail: the line of the file, or the variable
};

// The file and the environment as they are now, for who needs several kinds of settings. Made in
// the thread in which the caller changes the environment. A missing file is no error, nor a home
// that this user may not look into. Errors: VIX_E_INVALID_ARG for a line that is no setting or that
// no setting has the name of, and for a variable that is a misspelt setting; those of reading the
// file.
class SettingsFile {
  public:
    SettingsFile();

    // A value of the environment goes before the file's.
    std::optional<Setting> find(const std::string& name) const;

    // As it was when the file was read.
    const io::Environment& environment() const { return environment_; }

  private:
    io::Environment environment_;
    std::string path_;
    format::Dictionary file_;
};

// A setting `a.b` is overridden by the environment variable VIX_A_B. Error VIX_E_INVALID_ARG names
// the setting whose value cannot be used, where it stands, and what is allowed.
vm::Settings load_settings(const SettingsFile& file = {});

// The same for the settings power.*
power::Settings load_power_settings(const SettingsFile& file = {});

}  // namespace vix::host
