// One start of a virtual machine, from its .vmx to a domain whose processors run.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/locks/lock.h"
#include "power/disks/images.h"
#include "power/libvirt/host.h"
#include "power/libvirt/libvirt.h"
#include "power/libvirt/run_settings.h"
#include "power/session.h"
#include "vm/machine/machine.h"

namespace vix::power {

// Destroys the domain of a start that was killed before it set the running mark. Error
// VIX_E_VM_IS_RUNNING for a domain that runs. Only for the holder of the machine's lock.
void drop_unmarked(const Connection& connection, const boost::filesystem::path& vmx);

class Launch {
  public:
    // The path of the machine is canonical, and the caller holds its lock as long as this object
    // lives.
    Launch(vm::Machine machine, const io::Lock& lock, const Connection& connection,
           const HostShell& host, const Settings& settings);
    // Undoes the start, unless run() succeeded.
    ~Launch();
    Launch(const Launch&) = delete;
    Launch& operator=(const Launch&) = delete;

    // Errors: see Engine::power_on().
    std::vector<std::string> run(StartAs as);

  private:
    const boost::filesystem::path& vmx() const { return machine_.path(); }
    void note_settings();
    void require_same_storage();
    void complete_identity();
    void prepare_firmware();
    void prepare_tpm();
    void find_drives();
    void mend_disks();
    void prepare_images(bool resuming);
    Domain start_or_resume(bool resuming);
    Domain start_domain();
    Domain start_by(Accelerator way);
    bool give_up_ports(const Error& reason, std::vector<std::string>& notes);
    Domain resume_domain();
    void begin_session();
    void attach();
    void mark_running();
    void go(StartAs as);

    const io::Lock& lock_;
    const Connection& connection_;
    const HostShell& host_;
    const Settings& settings_;
    vm::Machine machine_;
    DomainContext context_;
    std::optional<Owner> owner_;
    ImageServer server_;
    std::vector<Drive> drives_;
    std::vector<Image> images_;
    std::vector<std::string> notes_;
    std::vector<boost::filesystem::path> marks_;
    io::LockMember machine_process_;
    std::vector<std::unique_ptr<io::Lock>> disk_locks_;
    // The running mark first: disks that are locked before it would look like another machine's.
    std::vector<std::pair<const io::Lock*, boost::filesystem::path>> coming_marks_;
    std::optional<Domain> domain_;
    std::optional<Session> session_;
    bool done_ = false;
};

}  // namespace vix::power
