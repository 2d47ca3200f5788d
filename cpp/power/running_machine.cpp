#include "power/running_machine.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "io/lock.h"
#include "io/replacement.h"
#include "io/same_file.h"
#include "power/host.h"
#include "power/identity.h"
#include "vm/disk.h"
#include "vm/machine.h"
#include "vm/machine_state.h"
#include "vm/snapshot_tree.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr int kPingPatience_s = 2;
constexpr int kFreezePatience_s = 20;
constexpr int kThawTries = 3;
// Noted at the server: the guest's file systems are frozen, or about to be.
constexpr const char* kFrozen = "frozen";

// A member of a lock folder stands for the process; the folder goes with its last one.
void remove_mark(const fs::path& mark) {
    unlink(mark.c_str());
    rmdir(mark.parent_path().c_str());
}

// The locks of a change of disks, in VMware's form: those of the new ones are set before they are
// written, those of the former ones go when they are not written any more.
class MarkChange {
  public:
    MarkChange(ImageServer& server, io::LockMember machine)
        : server_{server}, machine_{std::move(machine)}, marks_{server.marks()} {}
    ~MarkChange() {
        for (const fs::path& mark : fresh_) remove_mark(mark);
    }
    MarkChange(const MarkChange&) = delete;
    MarkChange& operator=(const MarkChange&) = delete;

    void add(const fs::path& disk) {
        const io::Lock lock{disk, io::LockKind::Exclusive};
        fresh_.push_back(lock.hand_over(machine_));
    }

    // From here on the server's end takes the fresh ones along.
    void announce() {
        std::vector<fs::path> all = marks_;
        all.insert(all.end(), fresh_.begin(), fresh_.end());
        server_.set_marks(all);
    }

    void keep() {
        marks_.insert(marks_.end(), fresh_.begin(), fresh_.end());
        fresh_.clear();
    }

    void drop(const fs::path& disk) {
        const fs::path folder = io::lock_folder(disk);
        for (const fs::path& mark : marks_) {
            if (mark.parent_path() == folder) remove_mark(mark);
        }
        std::erase_if(marks_, [&](const fs::path& mark) { return mark.parent_path() == folder; });
        server_.set_marks(marks_);
    }

  private:
    ImageServer& server_;
    io::LockMember machine_;
    std::vector<fs::path> marks_;
    std::vector<fs::path> fresh_;
};

}  // namespace

Turn::Turn(const fs::path& vmx)
    : guard_{vmx.parent_path(), io::LockKind::Exclusive, kPatience, vm::snapshot_list_path(vmx)} {}

Domain running_domain(const Connection& connection, const fs::path& vmx,
                      const vm::Settings& settings) {
    auto domain = connection.find(uuid_for(canonical_path(vmx)));
    if (domain) return std::move(*domain);
    const auto holder = vm::running_mark(vm::Config::read(vmx), settings);
    if (!holder) throw Error{VIX_E_VM_NOT_RUNNING, vmx.string() + " is not running"};
    throw Error{VIX_E_CANNOT_CONNECT_TO_VM, vmx.string() + " is run by somebody else than " +
                                                connection.uri() + ": " + *holder};
}

bool agent_answers(Domain& domain, int timeout_s) {
    try {
        domain.ask_agent(R"({"execute":"guest-ping"})", timeout_s);
        return true;
    } catch (const Error&) {
        return false;
    }
}

RunningMachine::RunningMachine(const fs::path& vmx, const Connection& connection,
                               const Settings& settings, const vm::Settings& machine_settings)
    : vmx_{canonical_path(vmx)},
      settings_{machine_settings},
      turn_{vmx_},
      domain_{running_domain(connection, vmx_, machine_settings)},
      host_{connection},
      server_{server_folder(settings.folder, uuid_for(vmx_), host_), host_},
      served_{server_},
      runs_{domain_.activity() != Activity::Paused} {
    complete_change();
    thaw();
}

RunningMachine::~RunningMachine() {
    if (!stands_still_) return;
    try {
        go_on();
    } catch (...) {
        // It is found paused, and unpausing it does the same again.
    }
}

void RunningMachine::stand_still(GuestFiles files) {
    if (stands_still_) return;
    stands_still_ = true;
    if (files == GuestFiles::Frozen && runs_) freeze();
    if (runs_) domain_.pause();
}

void RunningMachine::go_on() {
    if (runs_) domain_.resume();
    stands_still_ = false;
    thaw();
}

void RunningMachine::unpause() {
    if (domain_.activity() == Activity::Paused) domain_.resume();
    runs_ = true;
    stands_still_ = false;
    thaw();
}

// Without an agent, or where it cannot, the disks are as after a power failure at that instant.
void RunningMachine::freeze() {
    if (!agent_answers(domain_, kPingPatience_s)) return;
    server_.note(kFrozen);
    try {
        domain_.ask_agent(R"({"execute":"guest-fsfreeze-freeze"})", kFreezePatience_s);
    } catch (const Error&) {
        thaw();
    }
}

void RunningMachine::thaw() {
    if (!runs_ || !server_.is_noted(kFrozen)) return;
    for (int i = 0; i < kThawTries; ++i) {
        try {
            domain_.ask_agent(R"({"execute":"guest-fsfreeze-thaw"})", kFreezePatience_s);
            server_.forget(kFrozen);
            return;
        } catch (const Error&) {
            // A busy guest answers late; with the note there the next call tries again.
        }
    }
}

void RunningMachine::save_memory(const fs::path& file) {
    domain_.save_memory(file.string());
}

void RunningMachine::put_on(const std::vector<ServedChild>& children) {
    const auto process = host_.process_of_domain(domain_.name());
    if (!process) {
        throw Error{VIX_E_CANNOT_CONNECT_TO_VM,
                    "the process of " + domain_.name() + " cannot be seen from here"};
    }
    std::vector<fs::path> former;
    MarkChange marks{server_, process->member};
    for (const ServedChild& child : children) {
        const auto top = served_.top(child.export_name);
        if (!top) {
            throw Error{VIX_E_DISK_NOIO, child.export_name + " of " + vmx_.string() +
                                             " is not among the disks that are served"};
        }
        former.push_back(*top);
        marks.add(child.disk);
    }
    marks.announce();
    served_.put_on_top(children);
    marks.keep();
    for (const fs::path& disk : former) marks.drop(disk);
}

// A snapshot changes the .vmx before the server. Where the call died in between, the children are
// there, and still empty.
void RunningMachine::complete_change() {
    const vm::Config machine = vm::Config::read(vmx_);
    std::vector<ServedChild> children;
    for (const vm::DiskDevice& device : machine.disks()) {
        const std::string name = to_lower(device.node);
        const auto top = served_.top(name);
        const fs::path disk = fs::canonical(vm::find_disk(device, machine, settings_));
        if (!top || io::is_same_file(*top, disk)) continue;
        const auto search = machine.search_folders(settings_);
        const vm::Disk chain = vm::open_disk(disk, search, settings_);
        const bool child = chain.chain.size() > 1 && io::is_same_file(chain.chain[1].path, *top);
        if (child) children.push_back({name, disk});
    }
    if (children.empty()) return;
    stand_still(GuestFiles::AsTheyAre);
    put_on(children);
    go_on();
}

}  // namespace vix::power
