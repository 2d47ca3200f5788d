// What running machines takes of a host besides its libvirt, told as scripts of the POSIX shell:
// this host's, or, where libvirt is another one's and is reached by ssh, that host's, by ssh as
// well. Nothing of ours has to be installed there; the machines lie on storage that both have at
// the same paths.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "io/lock.h"
#include "io/process.h"
#include "power/libvirt.h"

namespace vix::power {

// The process that runs a domain, and how a lock names it.
struct MachineProcess {
    pid_t pid;
    io::LockMember member;
};

class HostShell {
  public:
    // This host's.
    explicit HostShell(io::Environment environment);
    // Of the host that libvirt is on. Error VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT when that is
    // another one and the URI leads there by anything but ssh.
    HostShell(io::Environment environment, const Connection& connection);

    bool is_this_host() const { return login_.empty(); }

    // Lets the shell run the script, whose $1 and so on are the arguments. Error
    // VIX_E_CANNOT_CONNECT_TO_HOST, with ssh's words, when it cannot be reached.
    io::Outcome run(std::string_view script, const std::vector<std::string>& arguments,
                    std::size_t limit = io::kDetailLimit) const;
    // The same for what has to succeed: what it prints. Else Error `code`, which says that `action`
    // failed, and what the script printed.
    std::string result(ErrorCode code, const std::string& action, std::string_view script,
                       const std::vector<std::string>& arguments,
                       std::size_t limit = io::kDetailLimit) const;

    const io::Environment& environment() const { return environment_; }
    uid_t user() const { return user_; }  // that its scripts run as
    // For sockets of this user, by default.
    const boost::filesystem::path& runtime_folder() const { return runtime_folder_; }
    // Whether its processor virtualizes and there is a /dev/kvm; for another host only.
    bool has_kvm() const { return has_kvm_; }

    // The process that runs the domain, as soon as one can be seen; nothing when none is to be seen
    // in a few seconds.
    std::optional<MachineProcess> process_of_domain(const std::string& name) const;

    // Removes, from these folders of locks, those of that host's processes that have ended: it
    // crashed, or what ends with the machine was killed. For another host only: what a lock of this
    // host stands for is seen without.
    void drop_dead_locks(const std::vector<boost::filesystem::path>& folders) const;

    // Command line that, while it runs, makes the other host's socket one of this host.
    std::vector<std::string> forwarding(const boost::filesystem::path& here,
                                        const boost::filesystem::path& there) const;

  private:
    void ask_facts();

    io::Environment environment_;
    std::vector<std::string> login_;  // empty: this host
    uid_t user_;
    boost::filesystem::path runtime_folder_;
    std::string name_;              // the host's own
    std::string hardware_address_;  // of its first ethN
    bool has_kvm_ = false;
};

}  // namespace vix::power
