// A virtual machine on this host's disks, run by this library through libvirt.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <utility>

#include "host/local/known_snapshots.h"
#include "host/machine_access.h"
#include "power/engine.h"
#include "power/guest/guest_agent.h"

namespace vix::host {

class LocalMachine : public MachineAccess {
  public:
    // `vmx`: canonical, on this host.
    LocalMachine(boost::filesystem::path vmx, std::string name)
        : vmx_{std::move(vmx)}, identity_{vmx_.string()}, name_{std::move(name)} {}
    ~LocalMachine() override;
    LocalMachine(const LocalMachine&) = delete;
    LocalMachine& operator=(const LocalMachine&) = delete;

    const std::string& identity() const override { return identity_; }
    const std::string& name() const override { return name_; }

    MachineFacts facts(const Context& context, WantedFacts wanted) const override;
    void require_running(const Context& context) const override;

    void power_on(const Context& context, power::StartAs as, Window window) override;
    void power_off(const Context& context, By by) override;
    void reset(const Context& context, By by) override;
    void suspend(const Context& context) override;
    void pause(const Context& context) override;
    void unpause(const Context& context) override;

    void type_keys(const Context& context, const std::string& text) override;
    void plug(const Context& context, const std::string& device, power::Plug plug) override;

    SnapshotList snapshots(const Context& context) const override;
    vm::PowerState state_in_snapshot(const Context& context, int id) const override;
    int take_snapshot(const Context& context, const std::string& name,
                      const std::string& description, bool with_memory) override;
    void remove_snapshot(const Context& context, int id, ops::RemoveChildren children) override;
    void revert_to_snapshot(const Context& context, int id, AfterRevert after) override;

    void clone(const Context& context, const CloneOrder& order) const override;
    void remove(const Context& context, ops::RemoveDisks disks) override;
    void upgrade_hardware(const Context& context) override;

    std::vector<ops::SharedFolder> shared_folders(const Context& context) const override;
    void enable_shared_folders(const Context& context, bool enabled) override;
    void add_shared_folder(const Context& context, const ops::SharedFolder& folder) override;
    void set_shared_folder(const Context& context, const ops::SharedFolder& folder) override;
    void remove_shared_folder(const Context& context, const std::string& name) override;

    std::string read_variable(const Context& context, Variable variable, const std::string& name,
                              const std::string& user) const override;
    void write_variable(const Context& context, Variable variable, const std::string& name,
                        const std::string& value, const std::string& user) override;

    void wait_for_tools(const Context& context, int timeout_s) override;
    void check_login(const Context& context, const std::string& user, const std::string& password,
                     Login login) override;
    std::unique_ptr<GuestAccess> guest(const Context& context,
                                       const std::string& user) const override;

  private:
    power::Engine engine_if_running(const Context& context) const;
    power::GuestAgent agent(const Context& context) const;
    const power::Settings* settings_if_running(const Context& context) const;
    void remove_marked_snapshots(const Context& context);

    boost::filesystem::path vmx_;
    std::string identity_;
    std::string name_;
    mutable KnownSnapshots known_;  // for calls that only read them
};

// Opens the machine whose .vmx has this path. Errors: VIX_E_VM_NOT_FOUND and others of reading a
// .vmx; those of vm::check_password(), if there is a password.
std::shared_ptr<MachineAccess> open_local_machine(const Context& context, std::string_view path,
                                                  const std::optional<std::string>& password);

// The same for a machine that the call itself has just made, which needs no check.
std::shared_ptr<MachineAccess> open_new_local_machine(const Context& context,
                                                      std::string_view path);

}  // namespace vix::host
