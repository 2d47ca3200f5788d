// The guest of a machine that this library runs, through its guest agent.
#pragma once

#include <functional>
#include <string>

#include "host/guest_access.h"
#include "power/guest/guest_agent.h"
#include "power/guest/guest_session.h"

namespace vix::host {

class LocalGuest : public GuestAccess {
  public:
    // `machine` is its name in details. Errors: those of `connect`;
    // VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED if `user` is empty.
    LocalGuest(const std::function<power::GuestAgent()>& connect, const std::string& user,
               const std::string& machine, Progress& progress);

    power::GuestRun run_program(const std::string& program,
                                const std::vector<std::string>& arguments,
                                power::Wait wait) override;
    power::GuestRun run_script(const std::vector<std::string>& interpreter,
                               const std::string& script, power::Wait wait) override;
    std::string environment_variable(const std::string& name) override;
    void set_environment_variable(const std::string& name, const std::string& value) override;

    void copy_in(const boost::filesystem::path& host_path, const std::string& path) override;
    void copy_out(const std::string& path, const boost::filesystem::path& host_path) override;

    bool file_exists(const std::string& path) override;
    bool folder_exists(const std::string& path) override;
    power::GuestFileInfo info(const std::string& path) override;
    std::vector<power::GuestFileInfo> list(const std::string& path) override;
    void remove_file(const std::string& path) override;
    void remove_folder(const std::string& path) override;
    void rename(const std::string& path, const std::string& new_path) override;
    void make_folder(const std::string& path) override;
    std::string make_temporary_file() override;

    std::vector<power::GuestProcess> processes() override;
    void end_process(std::int64_t pid) override;

    std::string screenshot(power::Compression compression) override;

  private:
    power::GuestSession& with_kept_environment();

    std::string user_;
    Progress& progress_;
    power::GuestAgent agent_;
    power::GuestSession session_;
};

}  // namespace vix::host
