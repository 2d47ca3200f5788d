#include "power/running_machine.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "io/files/file.h"
#include "io/files/replacement.h"
#include "io/files/same_file.h"
#include "io/locks/lock.h"
#include "power/disks/disk_check.h"
#include "power/domain/domain_identity.h"
#include "power/guest/agent_commands.h"
#include "power/libvirt/host.h"
#include "power/plain_memory.h"
#include "power/saved_state.h"
#include "vm/disks/disk.h"
#include "vm/machine/running_mark.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr int kPingPatience_s = 2;
constexpr int kFreezePatience_s = 20;
constexpr int kThawTries = 3;
// A note at the image server: what a call of ours is about to do to the machine, and later undoes.
// A call that holds the guard and finds this note knows that the other call was killed.
constexpr const char* kHeldNote = "held";
constexpr std::uint64_t kMemberLimit = 4096;
constexpr std::chrono::milliseconds kCopyPoll{50};
constexpr std::uint64_t kMostRounds = 4;
constexpr std::uint64_t kMostAnyway = std::uint64_t{1} << 30;

struct DeletedAtEnd {
    const fs::path& file;
    ~DeletedAtEnd() { unlink(file.c_str()); }
};

// Removes a lock member, and its folder if it was the last one. A member that stays is dead once
// the machine's process has ended.
void remove_mark(const fs::path& mark) {
    unlink(mark.c_str());
    rmdir(mark.parent_path().c_str());
}

// The lock member that the machine already has on a disk, after a killed change of disks.
std::optional<fs::path> mark_on(const fs::path& disk, const io::LockMember& machine) {
    boost::system::error_code ignored;
    for (const fs::path& file : fs::directory_iterator{io::lock_folder(disk), ignored}) {
        try {
            const auto member = io::parse_lock_member(io::read_text(file, kMemberLimit));
            const bool there = member && member->machine == machine.machine;
            if (there && member->execution == machine.execution) return file;
        } catch (const Error&) {
            // Removed meanwhile, or no lock member.
        }
    }
    return std::nullopt;
}

// Removes dead members next to the machine's own. That one must be the last of the folder's members
// when the machine ends, or the folder stays.
void remove_dead_members(const fs::path& folder) {
    boost::system::error_code ignored;
    std::vector<fs::path> dead;
    for (const fs::path& file : fs::directory_iterator{folder, ignored}) {
        try {
            const auto member = io::parse_lock_member(io::read_text(file, kMemberLimit));
            if (member && io::is_stale(*member)) dead.push_back(file);
        } catch (const Error&) {
            // Removed meanwhile, or no lock member.
        }
    }
    for (const fs::path& file : dead) unlink(file.c_str());
}

// Removes locks on disks that a killed call left while it took or released them.
void remove_dead_locks(const fs::path& folder) {
    boost::system::error_code ignored;
    for (const fs::path& lock : fs::directory_iterator{folder, ignored}) {
        const fs::path disk = fs::path{lock}.replace_extension();
        if (lock.extension() != ".lck" || disk.extension() != ".vmdk") continue;
        if (!io::lock_holders(lock).empty()) {
            remove_dead_members(lock);
            continue;
        }
        try {
            const io::Lock mine{disk, io::LockKind::Exclusive};  // removes dead members
        } catch (const Error&) {
            // Another process was faster.
        }
    }
}

}  // namespace

// The locks of a change of disks, in VMware's form. New disks are locked before they are written;
// former disks are unlocked when they are no longer written.
class RunningMachine::MarkChange {
  public:
    MarkChange(ImageServer& server, io::LockMember machine)
        : server_{server}, machine_{std::move(machine)}, marks_{server.marks()} {}
    ~MarkChange() {
        for (const fs::path& mark : fresh_) remove_mark(mark);
    }
    MarkChange(const MarkChange&) = delete;
    MarkChange& operator=(const MarkChange&) = delete;

    void add(const fs::path& disk) {
        if (const auto mark = mark_on(disk, machine_)) {
            if (std::find(marks_.begin(), marks_.end(), *mark) == marks_.end()) {
                fresh_.push_back(*mark);
            }
            return;
        }
        const io::Lock lock{disk, io::LockKind::Exclusive};
        fresh_.push_back(lock.hand_over(machine_));
    }

    // From now on the image server removes the new members, too, when it ends.
    void announce() {
        all_ = marks_;
        all_.insert(all_.end(), fresh_.begin(), fresh_.end());
        server_.set_marks(all_);
    }

    // Cannot fail: the machine has switched already.
    void keep() noexcept {
        marks_.swap(all_);
        fresh_.clear();
    }

    // The machine has switched already, so a failure here must not undo that. A member that stays
    // is removed when the image server ends.
    void drop(const std::vector<fs::path>& disks) noexcept {
        try {
            for (const fs::path& disk : disks) drop_one(disk);
        } catch (...) {
            // See above.
        }
    }

  private:
    void drop_one(const fs::path& disk) {
        const fs::path folder = io::lock_folder(disk);
        for (const fs::path& mark : marks_) {
            if (mark.parent_path() == folder) remove_mark(mark);
        }
        std::erase_if(marks_, [&](const fs::path& mark) { return mark.parent_path() == folder; });
        server_.set_marks(marks_);
    }

    ImageServer& server_;
    io::LockMember machine_;
    std::vector<fs::path> marks_;
    std::vector<fs::path> fresh_;
    std::vector<fs::path> all_;  // marks_ and fresh_, once announced
};

Turn::Turn(const fs::path& vmx)
    : guard_{vmx.parent_path(), io::LockKind::Exclusive, kTurnPatience,
             vm::snapshot_list_path(vmx)} {}

Domain running_domain(const Connection& connection, const fs::path& vmx,
                      const vm::Settings& settings) {
    auto domain = connection.find(uuid_for(canonical_path(vmx)));
    if (domain) return std::move(*domain);
    const auto holder = vm::running_mark(vm::Machine::open(vmx, settings));
    if (!holder) throw Error{VIX_E_VM_NOT_RUNNING, vmx.string() + " is not running"};
    throw Error{VIX_E_CANNOT_CONNECT_TO_VM,
                vmx.string() + " is running, but not in " + connection.uri() + ": " + *holder};
}

RunningMachine::RunningMachine(const fs::path& vmx, const Connection& connection,
                               const Settings& settings, const vm::Settings& machine_settings)
    : vmx_{canonical_path(vmx)},
      turn_{vmx_},
      domain_{running_domain(connection, vmx_, machine_settings)},
      machine_{vm::Machine::open(vmx_, machine_settings)},
      host_{settings.environment, connection},
      server_{settings.folder, uuid_for(vmx_), host_},
      served_{server_},
      runs_{domain_.activity() != vm::PowerState::Paused} {
    take_up();
}

RunningMachine::~RunningMachine() {
    if (!stands_still_) return;
    try {
        go_on();
    } catch (...) {
        // The machine stays paused with its note, and the next call recovers.
    }
}

void RunningMachine::note(Held held) {
    held_ = held;
    server_.note(kHeldNote,
                 std::string{held.stopped ? "stopped " : ""} + (held.frozen ? "frozen " : ""));
}

// Recovers what a killed call left: the machine ran before, and continues on the disks that its
// .vmx names.
void RunningMachine::take_up() {
    const std::string text = server_.noted(kHeldNote);
    held_.stopped = text.find("stopped") != std::string::npos;
    held_.frozen = text.find("frozen") != std::string::npos;
    if (held_.stopped) {
        stands_still_ = !runs_;
        runs_ = true;
    }
    const bool died = held_.stopped;
    settle_copy();
    complete_change();
    if (died) remove_dead_locks(vmx_.parent_path());
    if (stands_still_ || held_.stopped) return go_on();
    thaw();
}

void RunningMachine::stand_still(GuestFiles files) {
    if (stands_still_) return;
    stands_still_ = true;
    if (!runs_) return;
    const bool freezes = files == GuestFiles::Frozen && agent_answers(domain_, kPingPatience_s);
    note({true, freezes});
    if (freezes) freeze();
    domain_.pause();
}

void RunningMachine::go_on() {
    // What it writes to a disk that the .vmx does not name would be lost.
    if (unsure_ && stands_still_) {
        throw Error{VIX_E_DISK_NOIO, vmx_.string() +
                                         " stands still, because it is unknown what the daemon "
                                         "that serves its disks does with them; try again, or "
                                         "power it off"};
    }
    if (runs_ && domain_.activity() == vm::PowerState::Paused) domain_.resume();
    stands_still_ = false;
    if (!runs_) return;
    note({false, held_.frozen});
    thaw();
}

// A start that was killed before its last step leaves a paused machine whose .vmx may still name
// the memory that it was resumed from.
void RunningMachine::unpause() {
    if (domain_.activity() == vm::PowerState::Paused) {
        machine_.reread();
        record_start(machine_);
        domain_.resume();
    }
    runs_ = true;
    thaw();
}

// If the guest cannot freeze, its disks are in the state of a power loss at that instant.
void RunningMachine::freeze() {
    try {
        freeze_guest(domain_, kFreezePatience_s);
    } catch (const Error&) {
        thaw();
    }
}

void RunningMachine::thaw() {
    if (!runs_ || !held_.frozen) return;
    for (int i = 0; i < kThawTries; ++i) {
        try {
            thaw_guest(domain_, kFreezePatience_s);
            return note({held_.stopped, false});
        } catch (const Error&) {
            // A busy guest answers late. The note stays, so the next call tries again.
        }
    }
}

void RunningMachine::save_memory(const fs::path& file) {
    domain_.save_memory(file.string());
}

void RunningMachine::save_plain_memory(const fs::path& file, const fs::path& dump) {
    const DeletedAtEnd deleted{dump};
    domain_.dump_memory(dump.string());
    write_plain_memory(dump, file, domain_.memory());
}

io::LockMember RunningMachine::process() const {
    auto process = host_.process_of_domain(domain_.name());
    if (process) return std::move(process->member);
    throw Error{VIX_E_CANNOT_CONNECT_TO_VM,
                "the QEMU process of " + domain_.name() + " is not visible from here"};
}

void RunningMachine::put_on(const std::vector<ServedChild>& children) {
    MarkChange marks{server_, process()};
    for (const ServedChild& child : children) {
        const DiskVerdict verdict = check_new_top(child.disk, settings());
        if (verdict.long_descriptor) require_long_descriptors(child.disk, host_);
    }
    std::vector<fs::path> former;
    for (const ServedChild& child : children) {
        const auto top = served_.top(child.export_name);
        if (!top) {
            throw Error{VIX_E_DISK_NOIO, child.export_name + " of " + vmx_.string() +
                                             " is not served by its image server"};
        }
        former.push_back(*top);
        marks.add(child.disk);
    }
    switch_exports(marks, children, former, [&] { served_.put_on_top(children); });
}

bool RunningMachine::writes_to(const std::string& export_name, const fs::path& disk) {
    const auto top = served_.top(export_name);
    return top && io::is_same_file(*top, disk);
}

// Switches exports to disks that `marks` has locked. `former`: their former disks, in the same
// order; empty if they are unknown.
void RunningMachine::switch_exports(MarkChange& marks, const std::vector<ServedChild>& children,
                                    const std::vector<fs::path>& former,
                                    const std::function<void()>& action) {
    marks.announce();
    std::optional<Error> failure;
    try {
        action();
    } catch (const Error& error) {
        failure = error;
    }
    // Perhaps only the reply was lost.
    const Disks in_use = failure ? disks_in_use(children, former) : Disks::New;
    if (in_use == Disks::Former) throw Error{*failure};
    marks.keep();
    if (in_use == Disks::Unknown) {
        unsure_ = true;
        throw MayHaveGoneOver{failure->code(),
                              failure->detail() + "; whether " + vmx_.string() +
                                  " writes to its new disks is unknown, so they stay, and it "
                                  "stands still until a call has asked again or powers it off"};
    }
    marks.drop(former);
}

// The image server switches all exports, or none. Anything else than all new disks or all former
// ones is Unknown: then no disk may be deleted.
RunningMachine::Disks RunningMachine::disks_in_use(const std::vector<ServedChild>& children,
                                                   const std::vector<fs::path>& former) {
    try {
        served_.reconnect();
        std::size_t are_new = 0;
        std::size_t are_former = 0;
        for (std::size_t i = 0; i < children.size(); ++i) {
            const ServedChild& child = children[i];
            if (writes_to(child.export_name, child.disk)) {
                ++are_new;
            } else if (i < former.size() && writes_to(child.export_name, former[i])) {
                ++are_former;
            } else if (is_being_copied(child.disk)) {
                ++are_former;
            }
        }
        if (are_new == children.size()) return Disks::New;
        return are_former == children.size() ? Disks::Former : Disks::Unknown;
    } catch (const Error&) {
        return Disks::Unknown;
    }
}

// As long as its job has not ended, the export uses a filter of the job on top of its former disk.
bool RunningMachine::is_being_copied(const fs::path& disk) {
    const auto job = served_.copy();
    return job && job->state != CopyJob::State::Ended && io::is_same_file(job->disk, disk);
}

// If the guest writes faster than the daemon copies, the copy would never end.
void RunningMachine::begin_copy(const MergedDisk& merged, Progress& progress) {
    const DiskVerdict verdict = check_new_top(merged.disk, settings());
    if (verdict.long_descriptor) require_long_descriptors(merged.disk, host_);
    const auto top = served_.top(merged.export_name);
    if (!top) {
        throw Error{VIX_E_DISK_NOIO, merged.export_name + " of " + vmx_.string() +
                                         " is not among the disks that are served"};
    }
    copied_ = Copied{merged.export_name, merged.disk, *top};
    served_.begin_copy(merged);
    std::uint64_t counted = 0;
    std::optional<std::uint64_t> at_first;
    for (;;) {
        const auto job = served_.copy();
        if (!job || job->state == CopyJob::State::Ended) {
            throw Error{VIX_E_DISK_NOIO, "copying into " + merged.disk.string() + " ended: " +
                                             (job ? job->error : "the daemon has no such job")};
        }
        progress.add(job->done - std::min(job->done, counted));
        counted = std::max(counted, job->done);
        if (job->state == CopyJob::State::UpToDate) return;
        if (!at_first && job->total > 0) at_first = job->total;
        if (at_first && job->done > kMostRounds * *at_first + kMostAnyway) {
            throw Error{VIX_E_DISK_NOIO, "its guest writes faster than it can be copied into " +
                                             merged.disk.string()};
        }
        std::this_thread::sleep_for(kCopyPoll);
    }
}

void RunningMachine::put_on_copy() {
    const auto job = served_.copy();
    if (!job || !copied_ || job->disk != copied_->disk) {
        throw Error{VIX_E_DISK_NOIO, "no disk of " + vmx_.string() + " is being copied"};
    }
    MarkChange marks{server_, process()};
    marks.add(job->disk);
    std::vector<fs::path> former;
    if (copied_->from) former.push_back(*copied_->from);
    switch_exports(marks, {{copied_->export_name, job->disk}}, former,
                   [&] { served_.finish_copy(); });
}

void RunningMachine::drop_copy() noexcept {
    if (!served_.drop_copy()) unsure_ = true;
}

// Recovers the copy of a killed call. The .vmx names the new disk only after the copy is complete.
// If the image server then cannot switch to it, the machine must not continue: what it writes would
// be lost.
void RunningMachine::settle_copy() {
    const auto job = served_.copy();
    if (!job) return;
    machine_.reread();
    for (const vm::DiskDevice& device : machine_.disks()) {
        if (!io::is_same_file(machine_.find_disk(device), job->disk)) continue;
        const std::string name = to_lower(device.node);
        const auto top = served_.top(name);
        if (top && io::is_same_file(*top, job->disk)) break;
        // While there is a job, the export uses its filter, and top() returns nothing.
        if (job->state == CopyJob::State::Complete) {
            copied_ = Copied{name, job->disk, {}};
            put_on_copy();
            break;
        }
        throw Error{VIX_E_DISK_NOIO, vmx_.string() + " names " + job->disk.string() +
                                         ", but the daemon that serves its disks writes to " +
                                         (top ? top->string() : "none") + "; power it off"};
    }
    drop_copy();
}

// A snapshot changes the .vmx before the image server. If the call was killed in between, the
// children exist and are still empty.
void RunningMachine::complete_change() {
    machine_.reread();
    std::vector<ServedChild> children;
    for (const vm::DiskDevice& device : machine_.disks()) {
        const std::string name = to_lower(device.node);
        const auto top = served_.top(name);
        const fs::path disk = fs::canonical(machine_.find_disk(device));
        if (!top || io::is_same_file(*top, disk)) continue;
        const vm::Disk chain = vm::open_disk(disk, machine_.search_folders(), settings());
        const bool child = chain.chain.size() > 1 && io::is_same_file(chain.chain[1].path, *top);
        if (child) children.push_back({name, disk});
    }
    if (children.empty()) return;
    stand_still(GuestFiles::AsTheyAre);
    put_on(children);
    go_on();
}

void take_up_held(const fs::path& vmx, const Settings& settings,
                  const vm::Settings& machine_settings) noexcept {
    try {
        const std::string uuid = uuid_for(canonical_path(vmx));
        const bool by_socket = is_reached_by_socket(uri_for(settings));
        const auto is_held = [&](const HostShell& host) {
            return !ImageServer{settings.folder, uuid, host}.noted(kHeldNote).empty();
        };
        if (by_socket && !is_held(HostShell{settings.environment}))
            return;  // libvirt need not be asked
        const Connection connection{settings};
        if (!by_socket && !is_held(HostShell{settings.environment, connection})) return;
        const RunningMachine taken_up{vmx, connection, settings, machine_settings};
    } catch (...) {
        // The calling operation reports what is wrong, or a later call recovers.
    }
}

}  // namespace vix::power
