// Works in the guest of a running machine as one of its users: programs and scripts, files and
// folders, processes. What the agent has no command for is done with the guest's own POSIX tools,
// from coreutils or busybox.
//
// The guest's kernel checks what the user may do: for users other than root everything runs through
// `su`, and files are copied through a temporary file of the user.
//
// Errors of all calls: VIX_E_TOOLS_NOT_RUNNING; VIX_E_OP_NOT_SUPPORTED_ON_GUEST if the guest lacks
// the tools; what the tools report about a path (VIX_E_FILE_NOT_FOUND, VIX_E_FILE_ACCESS_ERROR and
// so on).
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.h"
#include "power/guest/guest_agent.h"
#include "power/guest/guest_values.h"

namespace vix::power {

inline constexpr const char* kRoot = "root";

class GuestSession {
  public:
    GuestSession(GuestAgent& agent, std::string user, Progress& progress)
        : agent_{agent}, user_{std::move(user)}, progress_{progress} {}

    // "NAME=value", added to the environment of the programs that are started.
    void set_environment(std::vector<std::string> environment) {
        environment_ = std::move(environment);
    }

    // Error VIX_E_PROGRAM_NOT_STARTED. If the caller cancels while it waits, the program continues.
    GuestRun run_program(const std::string& program, const std::vector<std::string>& arguments,
                         Wait wait);
    // `interpreter` may have arguments of its own; empty: sh. The script's file is removed when it
    // ends.
    GuestRun run_script(const std::vector<std::string>& interpreter, const std::string& script,
                        Wait wait);
    std::vector<std::string> environment();
    // The value of this variable in environment(); empty if it is not set.
    std::string environment_variable(const std::string& name);

    // A folder is copied with its contents; symbolic links in it are left out. Existing files are
    // overwritten.
    void copy_in(const boost::filesystem::path& host_path, const std::string& path);
    void copy_out(const std::string& path, const boost::filesystem::path& host_path);

    bool file_exists(const std::string& path);
    bool folder_exists(const std::string& path);
    // Does not follow a symbolic link.
    GuestFileInfo info(const std::string& path);
    std::vector<GuestFileInfo> list(const std::string& path);
    void remove_file(const std::string& path);
    void remove_folder(const std::string& path);
    // Error VIX_E_FILE_ALREADY_EXISTS if the new path exists.
    void rename(const std::string& path, const std::string& new_path);
    // Also makes missing parent folders. Error VIX_E_FILE_ALREADY_EXISTS.
    void make_folder(const std::string& path);
    std::string make_temporary_file();

    std::vector<GuestProcess> processes();
    // Sends SIGTERM, and SIGKILL if the process still runs after 3 seconds. Error
    // VIX_E_NO_SUCH_PROCESS.
    void end_process(std::int64_t pid);

  private:
    using Words = std::vector<std::string>;

    Words as_user(Words words, const char* become) const;
    GuestExit run_tool(Words words);
    // Returns the tool's output. If the tool fails, throws the error that its message means.
    std::string use_tool(Words words);
    bool test(const char* condition, const std::string& path);
    GuestRun finish(std::int64_t pid, Wait wait);
    std::vector<GuestFileInfo> infos(const Words& names);

    void copy_file_in(const boost::filesystem::path& host_path, const std::string& path);
    void copy_file_out(const std::string& path, const boost::filesystem::path& host_path);

    GuestAgent& agent_;
    std::string user_;
    Progress& progress_;
    std::vector<std::string> environment_;
};

}  // namespace vix::power
