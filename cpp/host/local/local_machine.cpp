#include "host/local/local_machine.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "host/local/local_guest.h"
#include "ops/clone/clone.h"
#include "ops/machine/hardware.h"
#include "ops/machine/machine_lock.h"
#include "ops/machine/power_off.h"
#include "ops/machine/variables.h"
#include "ops/snapshots/list/kept_lists.h"
#include "ops/snapshots/live_snapshot.h"
#include "power/domain/domain_identity.h"
#include "power/guest/guest_login.h"
#include "power/running_machine.h"
#include "power/viewer.h"
#include "vm/machine/password.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/linked_clones.h"
#include "vm/snapshots/machine_state.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::host {
namespace {

namespace fs = boost::filesystem;

constexpr int kToolsPatience_s = 1;

power::Engine engine_of(const Context& context) {
    return power::Engine{context.power_settings(), context.settings()};
}

// False if the guest does not answer: it may have tools and still be starting.
bool tools_answer(const power::Engine& engine, const fs::path& vmx) {
    try {
        return engine.agent_answers(vmx, kToolsPatience_s);
    } catch (const Error&) {
        return false;  // another product runs it, or it ended meanwhile
    }
}

// The canonical path, one for each .vmx. A symbolic link stands for its target. A hard link in
// another folder is another machine, because its disks are searched beside it.
fs::path canonical_vmx(const fs::path& path) {
    boost::system::error_code error;
    auto vmx = fs::canonical(path, error);
    if (!error) return vmx;
    if (error == boost::system::errc::no_such_file_or_directory ||
        error == boost::system::errc::not_a_directory) {
        throw Error{VIX_E_VM_NOT_FOUND, "there is no " + path.string()};
    }
    throw system_error(error.value(), "finding", path.string());
}

// Spelt like the caller's, but absolute; a path of Windows or of a datastore is absolute already.
std::string absolute_name(const Context& context, std::string_view path) {
    if (io::is_windows_path(path) || context.is_in_datastore(path)) return std::string{path};
    return fs::absolute(fs::path{path.begin(), path.end()}, context.working_folder()).string();
}

// Refuses an empty result if the snapshot list may be in another folder.
vm::SnapshotTree tree_of(const fs::path& vmx, const Context& context) {
    auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(vmx));
    if (tree.snapshots().empty() && io::identity_of(vmx)) {
        vm::refuse_list_elsewhere(vm::Machine::open(vmx, context.settings()));
    }
    return tree;
}

const vm::Snapshot& find_snapshot(const vm::SnapshotTree& tree, int id, const std::string& name) {
    const vm::Snapshot* found = tree.find(id);
    if (found != nullptr) return *found;
    throw Error{VIX_E_SNAPSHOT_NOTFOUND, "the snapshot was removed from " + name};
}

void note_all(const std::vector<std::string>& notes, const Context& context) {
    for (const auto& note : notes) context.progress().note(note);
}

}  // namespace

LocalMachine::~LocalMachine() {
    ops::KeptLists::delete_former(vmx_);
}

MachineFacts LocalMachine::facts(const Context& context, WantedFacts wanted) const {
    MachineFacts facts{vm::summarize(vmx_, context.settings())};
    const bool running = facts.summary.power_state == vm::PowerState::Running;
    if (!running || !(wanted.paused || wanted.tools)) return facts;
    const auto engine = engine_of(context);
    if (wanted.paused && engine.is_paused(vmx_)) {
        facts.summary.power_state = vm::PowerState::Paused;
    }
    if (wanted.tools) facts.tools_answer = tools_answer(engine, vmx_);
    return facts;
}

void LocalMachine::require_running(const Context& context) const {
    const auto state = vm::summarize(vmx_, context.settings()).power_state;
    if (state == vm::PowerState::Running) return;
    throw Error{VIX_E_VM_NOT_RUNNING,
                name_ + (state == vm::PowerState::Suspended ? " is suspended, not running"
                                                            : " is powered off")};
}

power::Engine LocalMachine::engine_if_running(const Context& context) const {
    require_running(context);
    power::Engine engine = engine_of(context);
    power::take_up_held(vmx_, context.power_settings(), context.settings());
    if (engine.runs(vmx_)) return engine;
    throw Error{
        VIX_E_CANNOT_CONNECT_TO_VM,
        name_ + " is running, but not in this library, or with another setting power.folder"};
}

void LocalMachine::power_on(const Context& context, power::StartAs as, Window window) {
    ops::tidy_up_if_free(vmx_, context.settings());
    note_all(ops::before_power_on(vmx_, context.settings(), context.progress()), context);
    note_all(engine_of(context).power_on(vmx_, as), context);
    if (window == Window::None) return;
    const auto uuid = power::uuid_for(power::canonical_path(vmx_));
    if (const auto reason = power::open_viewer(context.power_settings(), uuid)) {
        context.progress().note(*reason);
    }
}

void LocalMachine::power_off(const Context& context, By by) {
    const auto engine = engine_if_running(context);
    if (by == By::Guest) {
        engine.shut_down(vmx_);
    } else {
        engine.power_off(vmx_);
    }
    note_all(ops::after_power_off(vmx_, context.settings(), context.progress()), context);
}

void LocalMachine::reset(const Context& context, By by) {
    const auto engine = engine_if_running(context);
    if (by == By::Guest) return engine.restart_guest(vmx_);
    engine.reset(vmx_);
}

void LocalMachine::suspend(const Context& context) {
    engine_if_running(context).suspend(vmx_);
}

void LocalMachine::pause(const Context& context) {
    engine_if_running(context).pause(vmx_);
}

void LocalMachine::unpause(const Context& context) {
    engine_if_running(context).unpause(vmx_);
}

void LocalMachine::type_keys(const Context& context, const std::string& text) {
    engine_if_running(context).type_keys(vmx_, text, context.progress());
}

void LocalMachine::plug(const Context& context, const std::string& device, power::Plug plug) {
    engine_if_running(context).plug(vmx_, device, plug);
}

SnapshotList LocalMachine::snapshots(const Context& context) const {
    const auto before = io::state_of(vm::snapshot_list_path(vmx_));
    if (auto known = known_.find(before)) return std::move(*known);
    const auto tree = tree_of(vmx_, context);
    std::vector<SnapshotInfo> infos;
    infos.reserve(tree.snapshots().size());
    for (const vm::Snapshot& snapshot : tree.snapshots()) {
        infos.push_back({snapshot.uid, snapshot.parent, snapshot.display_name, snapshot.description,
                         snapshot.with_memory});
    }
    SnapshotList list{std::move(infos), tree.current()};
    if (!list.snapshots().empty()) known_.keep(before, list);  // see tree_of()
    return list;
}

// The snapshot's own configuration shows whether the machine was suspended. If it cannot be read,
// the machine ran.
vm::PowerState LocalMachine::state_in_snapshot(const Context& context, int id) const {
    const auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(vmx_));
    const auto& snapshot = find_snapshot(tree, id, name_);
    if (!snapshot.with_memory) return vm::PowerState::Off;
    try {
        const auto machine = vm::Machine::open(vmx_, context.settings());
        const auto state = vm::state_of_snapshot(machine, snapshot);
        if (state.machine.is_suspended()) return vm::PowerState::Suspended;
    } catch (const Error&) {
        // Another product's snapshot state may contain no configuration.
    }
    return vm::PowerState::Running;
}

int LocalMachine::take_snapshot(const Context& context, const std::string& name,
                                const std::string& description, bool with_memory) {
    const ops::SnapshotRequest request{vmx_, name, description, context.settings()};
    if (!engine_of(context).runs(vmx_)) {
        remove_marked_snapshots(context);
        return ops::create_snapshot(request, context.progress());
    }
    const auto memory = with_memory ? ops::Memory::Included : ops::Memory::LeftOut;
    return ops::create_live_snapshot(request, memory, context.power_settings(), context.progress());
}

void LocalMachine::remove_snapshot(const Context& context, int id, ops::RemoveChildren children) {
    if (engine_of(context).runs(vmx_)) {
        return ops::remove_live_snapshot(vmx_, id, children, context.settings(),
                                         context.power_settings(), context.progress());
    }
    if (!context.settings().remove_later) {
        return ops::remove_snapshot(vmx_, id, children, context.settings(), context.progress());
    }
    ops::remove_snapshot_when_free(vmx_, id, children, context.settings(), context.progress());
    remove_marked_snapshots(context);
}

// Those that waited for their linked clones. The machine is off.
void LocalMachine::remove_marked_snapshots(const Context& context) {
    if (!context.settings().remove_later) return;
    ops::remove_marked_snapshots(vmx_, context.settings(), context.progress());
}

// What a running machine has in memory is discarded like everything else after the snapshot. It is
// powered off only once the snapshot is known to be one that it can revert to.
void LocalMachine::revert_to_snapshot(const Context& context, int id, AfterRevert after) {
    const auto engine = engine_of(context);
    if (engine.runs(vmx_)) {
        const auto machine = vm::Machine::open(vmx_, context.settings());
        ops::require_revertable(machine, find_snapshot(machine.snapshots(), id, name_));
        engine.power_off(vmx_);
    }
    const auto then = ops::revert_to_snapshot(vmx_, id, context.settings(), context.progress());
    if (then != vm::PowerState::Running || after == AfterRevert::Off) return;
    power_on(context, power::StartAs::Running,
             after == AfterRevert::AsInSnapshotWithWindow ? Window::Wanted : Window::None);
}

void LocalMachine::clone(const Context& context, const CloneOrder& order) const {
    const auto& settings = context.settings();
    const ops::CloneRequest request{vmx_, context.resolve(order.destination), settings,
                                    order.snapshot};
    note_all(order.kind == CloneKind::Full ? ops::clone_full(request, context.progress())
                                           : ops::clone_linked(request, context.progress()),
             context);
}

void LocalMachine::remove(const Context& context, ops::RemoveDisks disks) {
    ops::remove_machine(vmx_, disks, context.settings(), context.progress());
}

void LocalMachine::upgrade_hardware(const Context& context) {
    ops::upgrade_hardware(vmx_, context.settings(), context.progress());
}

// The settings of a machine that this library runs; null for others. QEMU's guests see no shared
// folders, but programs add them to a machine that runs and go on only if that works.
const power::Settings* LocalMachine::settings_if_running(const Context& context) const {
    if (!engine_of(context).runs(vmx_)) return nullptr;
    context.progress().note(
        name_ + " runs in QEMU, whose guests see no shared folders; its list is changed");
    return &context.power_settings();
}

std::vector<ops::SharedFolder> LocalMachine::shared_folders(const Context& context) const {
    return ops::shared_folders(vmx_, context.settings());
}

void LocalMachine::enable_shared_folders(const Context& context, bool enabled) {
    ops::enable_shared_folders(vmx_, enabled, context.settings(), context.progress(),
                               settings_if_running(context));
}

void LocalMachine::add_shared_folder(const Context& context, const ops::SharedFolder& folder) {
    ops::add_shared_folder(vmx_, folder, context.settings(), context.progress(),
                           settings_if_running(context));
}

void LocalMachine::set_shared_folder(const Context& context, const ops::SharedFolder& folder) {
    ops::set_shared_folder(vmx_, folder, context.settings(), context.progress(),
                           settings_if_running(context));
}

void LocalMachine::remove_shared_folder(const Context& context, const std::string& name) {
    ops::remove_shared_folder(vmx_, name, context.settings(), context.progress(),
                              settings_if_running(context));
}

std::string LocalMachine::read_variable(const Context& context, Variable variable,
                                        const std::string& name, const std::string& user) const {
    switch (variable) {
        case Variable::Guest: {
            auto guest_agent = agent(context);
            return ops::read_guest_variable(guest_agent, vmx_, name, context.progress());
        }
        case Variable::Environment:
            return guest(context, user)->environment_variable(name);
        case Variable::Configuration:
            break;
    }
    return ops::read_config_variable({vmx_, context.settings(), context.power_settings()}, name);
}

void LocalMachine::write_variable(const Context& context, Variable variable,
                                  const std::string& name, const std::string& value,
                                  const std::string& user) {
    switch (variable) {
        case Variable::Guest: {
            auto guest_agent = agent(context);
            return ops::write_guest_variable(guest_agent, name, value, context.progress());
        }
        case Variable::Environment:
            return guest(context, user)->set_environment_variable(name, value);
        case Variable::Configuration:
            break;
    }
    ops::write_config_variable({vmx_, context.settings(), context.power_settings()}, name, value,
                               context.progress());
}

power::GuestAgent LocalMachine::agent(const Context& context) const {
    require_running(context);
    power::take_up_held(vmx_, context.power_settings(), context.settings());
    try {
        return power::GuestAgent{context.power_settings(), vmx_};
    } catch (const Error& error) {
        throw Error{VIX_E_TOOLS_NOT_RUNNING, error.detail()};
    }
}

void LocalMachine::wait_for_tools(const Context& context, int timeout_s) {
    agent(context).wait_until_answers(timeout_s, context.progress());
    ops::note_tools({vmx_, context.settings(), context.power_settings()});
}

void LocalMachine::check_login(const Context& context, const std::string& user,
                               const std::string& password, Login login) {
    auto guest_agent = agent(context);
    if (login == Login::AtScreen) {
        throw Error{VIX_E_LOGIN_TYPE_NOT_SUPPORTED,
                    "the guest agent cannot act in the session of a user at the guest's screen"};
    }
    power::check_login(guest_agent, user, password);
    ops::note_tools({vmx_, context.settings(), context.power_settings()});
}

std::unique_ptr<GuestAccess> LocalMachine::guest(const Context& context,
                                                 const std::string& user) const {
    return std::make_unique<LocalGuest>([&] { return agent(context); }, user, name_,
                                        context.progress());
}

std::shared_ptr<MachineAccess> open_local_machine(const Context& context, std::string_view path,
                                                  const std::optional<std::string>& password) {
    const auto vmx = canonical_vmx(context.resolve(path));
    const auto machine = vm::Machine::open(vmx, context.settings());  // refuses what is no machine
    if (password) vm::check_password(machine, *password);
    vm::check_linked_disks(machine);
    return std::make_shared<LocalMachine>(vmx, absolute_name(context, path));
}

std::shared_ptr<MachineAccess> open_new_local_machine(const Context& context,
                                                      std::string_view path) {
    return std::make_shared<LocalMachine>(canonical_vmx(context.resolve(path)),
                                          absolute_name(context, path));
}

}  // namespace vix::host
