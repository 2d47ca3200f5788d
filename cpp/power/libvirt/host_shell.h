// Host-side steps that libvirt cannot do, run as POSIX shell scripts on libvirt's host: this one,
// or another one over ssh if libvirt's URI uses ssh. Nothing of ours has to be installed. The
// machines are on storage that both hosts have at the same paths.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "io/locks/lock.h"
#include "io/process/process.h"
#include "power/libvirt/libvirt.h"

namespace vix::power {

// The process that runs a domain, and the lock member that names it.
struct MachineProcess {
    pid_t pid;
    io::LockMember member;
};

class HostShell {
  public:
    // For this host.
    explicit HostShell(io::Environment environment);
    // For the host that libvirt runs on. Error VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT if that is
    // another host and the URI does not use ssh.
    HostShell(io::Environment environment, const Connection& connection);

    bool is_this_host() const { return login_.empty(); }

    // Runs the script; its $1 and so on are the arguments. Error VIX_E_CANNOT_CONNECT_TO_HOST, with
    // ssh's message, if the host cannot be reached.
    io::Outcome run(std::string_view script, const std::vector<std::string>& arguments,
                    std::size_t limit = io::kDetailLimit) const;
    // The same for a script that must succeed: returns what it prints. Otherwise throws Error
    // `code`, whose detail says that `action` failed and what the script printed.
    std::string result(ErrorCode code, const std::string& action, std::string_view script,
                       const std::vector<std::string>& arguments,
                       std::size_t limit = io::kDetailLimit) const;

    const io::Environment& environment() const { return environment_; }
    uid_t user() const { return user_; }  // its scripts run as this user
    // The default folder for this user's sockets.
    const boost::filesystem::path& runtime_folder() const { return runtime_folder_; }
    // Whether the host has hardware virtualization and /dev/kvm. Set for another host only.
    bool has_kvm() const { return has_kvm_; }

    // The process that runs the domain. Waits a few seconds for it to appear; nothing if it does
    // not.
    std::optional<MachineProcess> process_of_domain(const std::string& name) const;

    // Removes from these lock folders the members of that host's processes that have ended: the
    // host crashed, or the supervisor was killed. For another host only; this host's dead locks are
    // found without it.
    void drop_dead_locks(const std::vector<boost::filesystem::path>& folders) const;

    // The command line that, while it runs, forwards the other host's socket `there` to `here`.
    std::vector<std::string> forwarding(const boost::filesystem::path& here,
                                        const boost::filesystem::path& there) const;

  private:
    void ask_facts();

    io::Environment environment_;
    std::vector<std::string> login_;  // empty: this host
    uid_t user_;
    boost::filesystem::path runtime_folder_;
    std::string name_;              // the host's own name for itself
    std::string hardware_address_;  // of its first ethN
    bool has_kvm_ = false;
};

}  // namespace vix::power
