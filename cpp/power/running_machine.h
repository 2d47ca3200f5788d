// A machine that this library runs, held for a change of its disks or its state: other calls of
// ours on machines of its folder wait meanwhile.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <vector>

#include "base/error.h"
#include "io/folder_guard.h"
#include "power/image_server.h"
#include "power/libvirt.h"
#include "power/served_disks.h"
#include "power/settings.h"
#include "vm/settings.h"

namespace vix::power {

// Calls of ours on machines of one folder wait for each other.
class Turn {
  public:
    explicit Turn(const boost::filesystem::path& vmx);

  private:
    io::FolderGuard guard_;
};

// Errors: VIX_E_VM_NOT_RUNNING; VIX_E_CANNOT_CONNECT_TO_VM when another product runs it.
Domain running_domain(const Connection& connection, const boost::filesystem::path& vmx,
                      const vm::Settings& settings);

// Whether the guest agent answers, within that time.
bool agent_answers(Domain& domain, int timeout_s);

// The server's answer was lost, and the server cannot be asked again: the machine may write to its
// new disks, so they and the .vmx that names them must stay. What it wrote to before must, too.
class MayHaveGoneOver : public Error {
    using Error::Error;
};

enum class GuestFiles { AsTheyAre, Frozen };

class RunningMachine {
  public:
    // `connection` lives longer than this object. Completes first what a call of ours that died
    // over it has left: the machine goes on, and its guest's file systems are thawed. Errors: those
    // of running_domain(); VIX_E_DISK_NOIO when its disks' server does not answer.
    RunningMachine(const boost::filesystem::path& vmx, const Connection& connection,
                   const Settings& settings, const vm::Settings& machine_settings);
    // It goes on, if it ran before.
    ~RunningMachine();
    RunningMachine(const RunningMachine&) = delete;
    RunningMachine& operator=(const RunningMachine&) = delete;

    const boost::filesystem::path& vmx() const { return vmx_; }

    // Its processors stand still until go_on(), and nothing is on its way to its disks. Its guest's
    // file systems are frozen first, if asked for and if the guest has an agent that can do so.
    void stand_still(GuestFiles files);
    void go_on();
    // Also one that was paused before.
    void unpause();

    // Writes memory and devices to a file, from which Connection::restore() brings them back.
    void save_memory(const boost::filesystem::path& file);

    // Each export writes to the new disk from now on, an empty child of the one it wrote to, which
    // is never written again. While it stands still. On failure nothing has changed; errors
    // besides: MayHaveGoneOver.
    void put_on(const std::vector<ServedChild>& children);

  private:
    // What is done to it for a while, written down for who comes after a call that died.
    struct Held {
        bool stopped = false;
        bool frozen = false;
    };

    void take_up();
    void note(Held held);
    void complete_change();
    enum class Disks { Former, New, Unknown };
    Disks disks_in_use(const std::vector<ServedChild>& children);
    void freeze();
    void thaw();

    boost::filesystem::path vmx_;
    const vm::Settings& settings_;
    Turn turn_;
    Domain domain_;
    HostShell host_;
    ImageServer server_;
    ServedDisks served_;  // the one connection: the daemon talks to one at a time
    bool runs_;
    bool stands_still_ = false;
    Held held_;
};

// For calls that need no RunningMachine: where a call of ours died over the machine, it goes on.
void take_up_held(const boost::filesystem::path& vmx, const Settings& settings,
                  const vm::Settings& machine_settings) noexcept;

}  // namespace vix::power
