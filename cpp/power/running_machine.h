// A machine that this library runs, held to change its disks or its state. Other calls of ours on
// machines of its folder wait meanwhile.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "io/locks/folder_guard.h"
#include "io/locks/lock.h"
#include "power/disks/image_server.h"
#include "power/disks/served_disks.h"
#include "power/libvirt/libvirt.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/machine.h"

namespace vix::power {

// How long a call waits for others that start, change or end the same machine, and how often it
// looks.
inline constexpr std::chrono::seconds kTurnPatience{30};
inline constexpr std::chrono::milliseconds kTurnPoll{100};

// The guard on a machine's folder: our calls on machines of one folder wait for each other.
class Turn {
  public:
    explicit Turn(const boost::filesystem::path& vmx);

  private:
    io::FolderGuard guard_;
};

// Errors: VIX_E_VM_NOT_RUNNING; VIX_E_CANNOT_CONNECT_TO_VM if another product runs it.
Domain running_domain(const Connection& connection, const boost::filesystem::path& vmx,
                      const vm::Settings& settings);

// The image server's reply was lost, and it cannot be asked again. The machine may use its new
// disks, so they and the .vmx that names them must stay, and so must its former disks. The machine
// stands still until a later call has learnt which disks it uses: what it wrote to others than
// those that the .vmx names would be lost.
class MayHaveGoneOver : public Error {
    using Error::Error;
};

enum class GuestFiles { AsTheyAre, Frozen };

class RunningMachine {
  public:
    // `connection` must outlive this object. First completes what a killed call of ours left: the
    // machine continues, and its guest's file systems are thawed. Errors: those of
    // running_domain(); VIX_E_DISK_NOIO if the image server does not answer.
    RunningMachine(const boost::filesystem::path& vmx, const Connection& connection,
                   const Settings& settings, const vm::Settings& machine_settings);
    // The machine continues, if it ran before.
    ~RunningMachine();
    RunningMachine(const RunningMachine&) = delete;
    RunningMachine& operator=(const RunningMachine&) = delete;

    const boost::filesystem::path& vmx() const { return vmx_; }

    // Stops the processors until go_on(); then no write is on its way to the disks. First freezes
    // the guest's file systems, if asked for and if the guest has an agent that can.
    void stand_still(GuestFiles files);
    void go_on();
    // The machine runs afterwards, even if it was paused before.
    void unpause();

    // Writes memory and devices to a file, from which Connection::restore() reads them.
    void save_memory(const boost::filesystem::path& file);
    // Writes the memory alone, see power/plain_memory.h. `dump` is a file on the way, which is gone
    // afterwards unless the process ends before.
    void save_plain_memory(const boost::filesystem::path& file,
                           const boost::filesystem::path& dump);

    // Switches each export to its new disk, an empty child of its former disk, which is never
    // written again. Call it while the machine stands still. On failure nothing has changed, except
    // with MayHaveGoneOver.
    void put_on(const std::vector<ServedChild>& children);

    // True if the export writes to that disk itself, not to a file that power-off deletes.
    bool writes_to(const std::string& export_name, const boost::filesystem::path& disk);

    // Merges an export's topmost disk and its parent into a new disk, in this order:
    // - begin_copy() returns when the new disk is almost up to date.
    // - complete_copy(), while the machine stands still: the new disk reads as the topmost one.
    // - put_on_copy() switches the export to the new disk.
    // On failure nothing has changed, except with MayHaveGoneOver. drop_copy() restores what was
    // before begin_copy(); if the image server does not answer, go_on() fails from then on, because
    // a complete copy lets the guest's requests wait. Errors: VIX_E_DISK_NOIO; those of
    // check_new_top().
    void begin_copy(const MergedDisk& merged, Progress& progress);
    void complete_copy() { served_.complete_copy(); }
    void put_on_copy();
    void drop_copy() noexcept;

    // If the machine stands still, it does so until the next call on it: go_on() fails.
    void stay_still() noexcept { unsure_ = true; }

  private:
    // What a call does to the machine for a while. It is noted at the image server, for the call
    // that recovers if this one is killed.
    struct Held {
        bool stopped = false;
        bool frozen = false;
    };

    struct Copied {
        std::string export_name;
        boost::filesystem::path disk;                 // the new one
        std::optional<boost::filesystem::path> from;  // unknown after a killed call
    };

    void take_up();
    void note(Held held);
    void complete_change();
    enum class Disks { Former, New, Unknown };
    class MarkChange;
    void switch_exports(MarkChange& marks, const std::vector<ServedChild>& children,
                        const std::vector<boost::filesystem::path>& former,
                        const std::function<void()>& action);
    Disks disks_in_use(const std::vector<ServedChild>& children,
                       const std::vector<boost::filesystem::path>& former);
    bool is_being_copied(const boost::filesystem::path& disk);
    void settle_copy();
    const vm::Settings& settings() const { return machine_.settings(); }
    io::LockMember process() const;
    void freeze();
    void thaw();

    boost::filesystem::path vmx_;
    Turn turn_;
    Domain domain_;
    vm::Machine machine_;
    HostShell host_;
    ImageServer server_;
    ServedDisks served_;  // the only connection: the daemon serves one at a time
    bool runs_;
    bool stands_still_ = false;
    Held held_;
    bool unsure_ = false;  // it is unknown which disks it uses
    std::optional<Copied> copied_;
};

// For calls that need no RunningMachine: if a killed call of ours left the machine held, it
// continues.
void take_up_held(const boost::filesystem::path& vmx, const Settings& settings,
                  const vm::Settings& machine_settings) noexcept;

}  // namespace vix::power
