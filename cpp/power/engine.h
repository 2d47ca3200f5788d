// Runs virtual machines with QEMU through libvirt: VIX's power operations, each on a .vmx.
//
// A running machine is a transient domain, its image server, and locks in VMware's form on the .vmx
// and on the disks it writes. The QEMU process holds these locks. So any process sees from the
// locks alone whether the machine runs, a crashed machine is off at once, and no process of ours
// has to stay alive. Our calls for one machine wait for each other. The machine may run on another
// host, see HostShell; then this host cannot see whether the process of a lock still lives.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

#include "base/progress.h"
#include "power/domain/connected_devices.h"
#include "power/libvirt/libvirt.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/power_state.h"
#include "vm/machine/settings.h"

namespace vix::power {

class Engine {
  public:
    Engine(Settings settings, vm::Settings machine_settings)
        : settings_{std::move(settings)}, machine_settings_{std::move(machine_settings)} {}

    // Reads files only, unless the machine runs. Errors: VIX_E_VM_NOT_FOUND and others of reading a
    // .vmx.
    vm::PowerState state(const boost::filesystem::path& vmx) const;

    // The part of state() that asks libvirt, for a machine that is known to run. False if libvirt
    // cannot be asked, since another product may run the machine.
    bool is_paused(const boost::filesystem::path& vmx) const;

    // Whether this library runs the machine; also false if it is off.
    bool runs(const boost::filesystem::path& vmx) const;

    // The .vmx of each machine that this library runs on the host with this setting power.folder,
    // whichever process started it.
    std::vector<boost::filesystem::path> running_machines() const;

    // Starts the machine, or resumes it if it is suspended. Returns notes about what was left out
    // or replaced. Errors: VIX_E_VM_IS_RUNNING, VIX_E_NEED_KEY, VIX_E_CANNOT_START_READ_ONLY_VM,
    // those of its disks and of libvirt; otherwise VIX_E_CANNOT_POWER_ON_VM. On failure the machine
    // is as before.
    std::vector<std::string> power_on(const boost::filesystem::path& vmx, StartAs as) const;

    // Errors of all calls below: VIX_E_VM_NOT_RUNNING if the machine is off or suspended;
    // VIX_E_CANNOT_CONNECT_TO_VM if another product runs it.
    void power_off(const boost::filesystem::path& vmx) const;
    // Waits until the guest has shut down. Error VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE if it does not
    // in time (power.guestTimeout); the machine keeps running.
    void shut_down(const boost::filesystem::path& vmx) const;
    void reset(const boost::filesystem::path& vmx) const;
    // Returns once the guest has been asked, not when it has restarted.
    void restart_guest(const boost::filesystem::path& vmx) const;
    void pause(const boost::filesystem::path& vmx) const;
    void unpause(const boost::filesystem::path& vmx) const;
    // Error VIX_E_SUSPEND_ERROR; the machine keeps running.
    void suspend(const boost::filesystem::path& vmx) const;

    // Types a text on the machine's keyboard. Errors: those of keystrokes_for(), before a key is
    // pressed; VIX_E_CANCELLED.
    void type_keys(const boost::filesystem::path& vmx, const std::string& text,
                   Progress& progress) const;

    // Connects or disconnects a device, until the machine is powered off. Errors: those of
    // plugged_device(); VIX_E_FAIL if QEMU refuses.
    void plug(const boost::filesystem::path& vmx, const std::string& device, Plug plug) const;

    // Whether the guest agent answers within that time.
    bool agent_answers(const boost::filesystem::path& vmx, int timeout_s) const;

  private:
    void clean_up(const Connection& connection, const boost::filesystem::path& vmx) const;

    Settings settings_;
    vm::Settings machine_settings_;
};

}  // namespace vix::power
