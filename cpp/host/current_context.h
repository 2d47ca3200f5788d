// The context of a call that answers at once: the settings of this moment, each read when it is
// first needed.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <utility>

#include "host/context.h"
#include "host/settings_file.h"

namespace vix::host {

class CurrentContext : public Context {
  public:
    // `power_uri`: the libvirt of the connection; empty: that of the settings.
    explicit CurrentContext(std::string power_uri) : power_uri_{std::move(power_uri)} {}

    const vm::Settings& settings() const override;
    const power::Settings& power_settings() const override;
    const boost::filesystem::path& working_folder() const override;
    Progress& progress() const override { return progress_; }

  private:
    const SettingsFile& file() const;

    std::string power_uri_;
    mutable std::optional<SettingsFile> file_;
    mutable std::optional<vm::Settings> settings_;
    mutable std::optional<power::Settings> power_settings_;
    mutable boost::filesystem::path working_folder_;
    mutable Progress progress_;  // drops what it is told: such a call is over at once
};

}  // namespace vix::host
