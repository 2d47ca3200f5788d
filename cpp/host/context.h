// What an operation of a host works with: the user's settings, the folder in which relative paths
// begin, and where it reports progress. A job takes them at the moment at which its call starts.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string_view>

#include "base/progress.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/settings.h"

namespace vix::host {

class Context {
  public:
    virtual ~Context() = default;

    // Both throw what reading the settings threw.
    virtual const vm::Settings& settings() const = 0;
    virtual const power::Settings& power_settings() const = 0;  // of the connection
    virtual const boost::filesystem::path& working_folder() const = 0;
    virtual Progress& progress() const = 0;

    // The path on this host: paths of Windows and of a datastore go through the drive map; relative
    // ones start in the working folder.
    boost::filesystem::path resolve(std::string_view path) const;

    // Whether this is a path of a datastore, and no relative path of a file that exists.
    bool is_in_datastore(std::string_view path) const;
};

}  // namespace vix::host
