// What a host lets a caller do in the guest of one running machine, as one of its users. Each
// function may be a round trip over a network, so none is asked twice for one call.
//
// Errors of all functions: VIX_E_TOOLS_NOT_RUNNING; VIX_E_OP_NOT_SUPPORTED_ON_GUEST; what the guest
// reports about a path (VIX_E_FILE_NOT_FOUND, VIX_E_FILE_ACCESS_ERROR and so on).
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "power/guest/guest_values.h"
#include "power/picture.h"

namespace vix::host {

class GuestAccess {
  public:
    virtual ~GuestAccess() = default;

    // Programs get the variables that set_environment_variable() has set. Error
    // VIX_E_PROGRAM_NOT_STARTED.
    virtual power::GuestRun run_program(const std::string& program,
                                        const std::vector<std::string>& arguments,
                                        power::Wait wait) = 0;
    // `interpreter` may have arguments of its own; empty: sh.
    virtual power::GuestRun run_script(const std::vector<std::string>& interpreter,
                                       const std::string& script, power::Wait wait) = 0;
    // Empty if it is not set.
    virtual std::string environment_variable(const std::string& name) = 0;
    // Error VIX_E_GUEST_USER_PERMISSIONS unless the user is root.
    virtual void set_environment_variable(const std::string& name, const std::string& value) = 0;

    // A folder is copied with its contents. Existing files are overwritten.
    virtual void copy_in(const boost::filesystem::path& host_path, const std::string& path) = 0;
    virtual void copy_out(const std::string& path, const boost::filesystem::path& host_path) = 0;

    virtual bool file_exists(const std::string& path) = 0;
    virtual bool folder_exists(const std::string& path) = 0;
    // Does not follow a symbolic link.
    virtual power::GuestFileInfo info(const std::string& path) = 0;
    virtual std::vector<power::GuestFileInfo> list(const std::string& path) = 0;
    virtual void remove_file(const std::string& path) = 0;
    virtual void remove_folder(const std::string& path) = 0;
    // Error VIX_E_FILE_ALREADY_EXISTS if the new path exists.
    virtual void rename(const std::string& path, const std::string& new_path) = 0;
    // Also makes missing parent folders. Error VIX_E_FILE_ALREADY_EXISTS.
    virtual void make_folder(const std::string& path) = 0;
    virtual std::string make_temporary_file() = 0;

    virtual std::vector<power::GuestProcess> processes() = 0;
    // Error VIX_E_NO_SUCH_PROCESS.
    virtual void end_process(std::int64_t pid) = 0;

    // A PNG of what the machine's screen shows.
    virtual std::string screenshot(power::Compression compression) = 0;
};

}  // namespace vix::host
