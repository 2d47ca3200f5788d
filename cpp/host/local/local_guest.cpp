#include "host/local/local_guest.h"

#include "base/error.h"
#include "power/guest/guest_variables.h"

namespace vix::host {
namespace {

const std::string& logged_in(const std::string& user, const std::string& machine) {
    if (!user.empty()) return user;
    throw Error{VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED,
                "nobody has logged in to the guest of " + machine +
                    " through this handle: call VMLoginInGuest first"};
}

}  // namespace

LocalGuest::LocalGuest(const std::function<power::GuestAgent()>& connect, const std::string& user,
                       const std::string& machine, Progress& progress)
    : user_{user},
      progress_{progress},
      agent_{connect()},
      session_{agent_, logged_in(user, machine), progress} {}

power::GuestSession& LocalGuest::with_kept_environment() {
    session_.set_environment(power::kept_environment(agent_));
    return session_;
}

power::GuestRun LocalGuest::run_program(const std::string& program,
                                        const std::vector<std::string>& arguments,
                                        power::Wait wait) {
    return with_kept_environment().run_program(program, arguments, wait);
}

power::GuestRun LocalGuest::run_script(const std::vector<std::string>& interpreter,
                                       const std::string& script, power::Wait wait) {
    return with_kept_environment().run_script(interpreter, script, wait);
}

std::string LocalGuest::environment_variable(const std::string& name) {
    return with_kept_environment().environment_variable(name);
}

void LocalGuest::set_environment_variable(const std::string& name, const std::string& value) {
    if (user_ != power::kRoot) {
        throw Error{VIX_E_GUEST_USER_PERMISSIONS,
                    "only root may set variables of the guest's environment, not " + user_};
    }
    power::keep_in_environment(agent_, name, value, progress_);
}

void LocalGuest::copy_in(const boost::filesystem::path& host_path, const std::string& path) {
    session_.copy_in(host_path, path);
}

void LocalGuest::copy_out(const std::string& path, const boost::filesystem::path& host_path) {
    session_.copy_out(path, host_path);
}

bool LocalGuest::file_exists(const std::string& path) {
    return session_.file_exists(path);
}

bool LocalGuest::folder_exists(const std::string& path) {
    return session_.folder_exists(path);
}

power::GuestFileInfo LocalGuest::info(const std::string& path) {
    return session_.info(path);
}

std::vector<power::GuestFileInfo> LocalGuest::list(const std::string& path) {
    return session_.list(path);
}

void LocalGuest::remove_file(const std::string& path) {
    session_.remove_file(path);
}

void LocalGuest::remove_folder(const std::string& path) {
    session_.remove_folder(path);
}

void LocalGuest::rename(const std::string& path, const std::string& new_path) {
    session_.rename(path, new_path);
}

void LocalGuest::make_folder(const std::string& path) {
    session_.make_folder(path);
}

std::string LocalGuest::make_temporary_file() {
    return session_.make_temporary_file();
}

std::vector<power::GuestProcess> LocalGuest::processes() {
    return session_.processes();
}

void LocalGuest::end_process(std::int64_t pid) {
    session_.end_process(pid);
}

std::string LocalGuest::screenshot(power::Compression compression) {
    return power::to_png(agent_.screenshot(), compression);
}

}  // namespace vix::host
