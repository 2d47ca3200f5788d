// What is done in the guest of a machine that runs, as one of the guest's users: programs and
// scripts, files and folders, processes. What the agent has no command for is done by the guest's
// own POSIX tools, those of coreutils or of busybox.
//
// The kernel of the guest judges what the user may do: for users other than root everything runs
// through `su`, and files are copied by way of a temporary file of the user's.
//
// Errors of all: VIX_E_TOOLS_NOT_RUNNING; VIX_E_OP_NOT_SUPPORTED_ON_GUEST where the guest has not
// the tools; what they say of a path (VIX_E_FILE_NOT_FOUND, VIX_E_FILE_ACCESS_ERROR and so on).
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "power/guest_agent.h"

namespace vix::power {

inline constexpr const char* kRoot = "root";

struct GuestFileInfo {
    std::string name;
    std::int64_t size = 0;
    std::int64_t modified = 0;  // seconds since 1970
    bool is_folder = false;
    bool is_link = false;
};

struct GuestProcess {
    std::int64_t pid = 0;
    std::string name;
    std::string owner;
    std::string command;
    bool is_debugged = false;
    std::int64_t started = 0;  // seconds since 1970
};

enum class Wait { UntilItEnds, No };

struct GuestRun {
    std::int64_t pid = 0;
    // Nothing when it was not waited for.
    std::optional<int> exit_code;
    std::int64_t elapsed_s = 0;
};

class GuestSession {
  public:
    GuestSession(GuestAgent& agent, std::string user, Progress& progress)
        : agent_{agent}, user_{std::move(user)}, progress_{progress} {}

    // What programs find in their environment besides their own: "NAME=value".
    void set_environment(std::vector<std::string> environment) {
        environment_ = std::move(environment);
    }

    // Error VIX_E_PROGRAM_NOT_STARTED. One that is waited for when the caller cancels goes on.
    GuestRun run_program(const std::string& program, const std::vector<std::string>& arguments,
                         Wait wait);
    // `interpreter` may have arguments of its own; none: sh. The script's file goes when it ends.
    GuestRun run_script(const std::vector<std::string>& interpreter, const std::string& script,
                        Wait wait);
    std::vector<std::string> environment();
    // Of it, that variable's value; empty where there is none.
    std::string environment_variable(const std::string& name);

    // Folders are copied with all that is in them; links in them are not followed and left out.
    // What is there is overwritten.
    void copy_in(const boost::filesystem::path& host_path, const std::string& path);
    void copy_out(const std::string& path, const boost::filesystem::path& host_path);

    bool file_exists(const std::string& path);
    bool folder_exists(const std::string& path);
    // Of a link itself.
    GuestFileInfo info(const std::string& path);
    std::vector<GuestFileInfo> list(const std::string& path);
    void remove_file(const std::string& path);
    void remove_folder(const std::string& path);
    // Error VIX_E_FILE_ALREADY_EXISTS when there is something of the new name.
    void rename(const std::string& path, const std::string& new_path);
    // With those above it. Error VIX_E_FILE_ALREADY_EXISTS.
    void make_folder(const std::string& path);
    std::string make_temporary_file();

    std::vector<GuestProcess> processes();
    // Asks it to end, and ends it if it does not. Error VIX_E_NO_SUCH_PROCESS.
    void end_process(std::int64_t pid);

  private:
    using Words = std::vector<std::string>;

    Words as_user(Words words, const char* become) const;
    GuestExit run_tool(Words words);
    // Its output; a failure is the error that it reports.
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
