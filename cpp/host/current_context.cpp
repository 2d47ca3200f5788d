#include "host/current_context.h"

#include <boost/filesystem/operations.hpp>

namespace vix::host {

const SettingsFile& CurrentContext::file() const {
    if (!file_) file_.emplace();
    return *file_;
}

const vm::Settings& CurrentContext::settings() const {
    if (!settings_) settings_ = load_settings(file());
    return *settings_;
}

const power::Settings& CurrentContext::power_settings() const {
    if (!power_settings_) {
        power_settings_ = load_power_settings(file());
        if (!power_uri_.empty()) power_settings_->uri = power_uri_;
    }
    return *power_settings_;
}

const boost::filesystem::path& CurrentContext::working_folder() const {
    if (working_folder_.empty()) working_folder_ = boost::filesystem::current_path();
    return working_folder_;
}

}  // namespace vix::host
