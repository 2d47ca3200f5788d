// Runs virtual machines: what VIX calls power operations, on a .vmx, with QEMU through libvirt.
//
// A machine that runs is a transient domain, its image server, and locks in VMware's form on the
// .vmx and the disks it writes, whose holder is the QEMU process. So any process sees whether it
// runs by looking at the locks alone, one that crashed is off at once, and nothing of this process
// has to stay. Calls of ours for one machine wait for each other. All this may happen on another
// host, see HostShell; whether a lock's process there still lives is not to be seen from here.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "power/libvirt.h"
#include "power/settings.h"
#include "vm/settings.h"

namespace vix::power {

enum class State { Off, Suspended, Running, Paused };

class Engine {
  public:
    Engine(Settings settings, vm::Settings machine_settings)
        : settings_{std::move(settings)}, machine_settings_{std::move(machine_settings)} {}

    // Looks at files alone unless the machine runs. Error VIX_E_VM_NOT_FOUND and its like.
    State state(const boost::filesystem::path& vmx) const;

    // What state() asks of libvirt once it is known that the machine runs. False where libvirt
    // cannot be asked: who runs it need not be libvirt.
    bool is_paused(const boost::filesystem::path& vmx) const;

    // Whether it is this library that runs it; false when it is off, too.
    bool runs(const boost::filesystem::path& vmx) const;

    // The .vmx of each machine that this library runs on the host, whoever started it, with this
    // setting power.folder.
    std::vector<boost::filesystem::path> running_machines() const;

    // Starts it, or resumes it if it is suspended; gives what was left out or replaced. Errors:
    // VIX_E_VM_IS_RUNNING, VIX_E_NEED_KEY, VIX_E_CANNOT_START_READ_ONLY_VM, those of its disks and
    // of libvirt; VIX_E_CANNOT_POWER_ON_VM else. On failure it is as it was.
    std::vector<std::string> power_on(const boost::filesystem::path& vmx, StartAs as) const;

    // All of these: VIX_E_VM_NOT_RUNNING when it is off or suspended,
    // VIX_E_CANNOT_CONNECT_TO_VM when another product runs it.
    void power_off(const boost::filesystem::path& vmx) const;
    // Waits until the guest has ended; VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE when it does not in
    // time: it goes on running.
    void shut_down(const boost::filesystem::path& vmx) const;
    void reset(const boost::filesystem::path& vmx) const;
    // Returns when the guest has been asked.
    void restart_guest(const boost::filesystem::path& vmx) const;
    void pause(const boost::filesystem::path& vmx) const;
    void unpause(const boost::filesystem::path& vmx) const;
    // Error VIX_E_SUSPEND_ERROR: it goes on running.
    void suspend(const boost::filesystem::path& vmx) const;

    // Whether the guest agent answers, within that time.
    bool agent_answers(const boost::filesystem::path& vmx, int timeout_s) const;

  private:
    void clean_up(const Connection& connection, const boost::filesystem::path& vmx) const;

    Settings settings_;
    vm::Settings machine_settings_;
};

}  // namespace vix::power
