// The part of libvirt that runs virtual machines. Its library is loaded on first use, so everything
// else works where it is not installed. A failure is an Error whose detail ends with libvirt's own
// message.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "power/libvirt/run_settings.h"
#include "vm/machine/power_state.h"

namespace vix::power {

// How a guest is asked to shut down or to restart.
enum class Means { Agent, Acpi };

// Paused: its processors stop until resume().
enum class StartAs { Running, Paused };

// A virtual machine that libvirt runs.
class Domain {
  public:
    // Takes ownership of libvirt's `handle`.
    explicit Domain(void* handle) : handle_{handle} {}
    ~Domain();
    Domain(Domain&& other) noexcept : handle_{other.handle_} { other.handle_ = nullptr; }
    Domain& operator=(Domain&&) = delete;
    Domain(const Domain&) = delete;
    Domain& operator=(const Domain&) = delete;

    std::string name() const;
    std::string uuid() const;
    // A domain that shuts down counts as running until it has ended.
    vm::PowerState activity() const;
    // The element of that XML namespace in the domain's metadata; nothing if there is none.
    std::optional<std::string> metadata(const std::string& xml_namespace) const;
    // Sets that element for as long as the domain exists; `prefix` is the namespace's prefix in its
    // XML.
    void set_metadata(const std::string& prefix, const std::string& xml_namespace,
                      const std::string& element);
    std::string description() const;  // the domain's XML, as it runs

    void pause();
    void resume();
    void reset();
    // Ends the domain at once, without notice to the guest. No failure if it has ended already.
    void destroy();
    // These only ask; the guest may be slow, or do nothing. Asking a domain that has ended to shut
    // down is no failure.
    void ask_shutdown(Means means);
    void ask_reboot(Means means);
    // Writes the domain's whole state to the file and ends it. Errors: VIX_E_SUSPEND_ERROR;
    // VIX_E_DISK_FULL.
    void save(const std::string& file);
    // The same, but the domain stays running or paused. Errors: VIX_E_SNAPSHOT_CHECKPOINT;
    // VIX_E_DISK_FULL.
    void save_memory(const std::string& file);
    // Writes a core file of ELF with the memory alone. Errors as above.
    void dump_memory(const std::string& file);
    std::uint64_t memory() const;  // that the guest has, in bytes
    // Whether the guest's end of the agent's channel is open.
    bool has_agent() const;
    // Returns the QEMU guest agent's reply. Error VIX_E_TOOLS_NOT_RUNNING if there is none in time.
    std::string ask_agent(const std::string& command, int timeout_s);
    // Presses the keys together, by their numbers in Linux's input layer. Returns at once; QEMU
    // releases them later.
    void press(const std::vector<unsigned>& keys, unsigned hold_ms);
    // Changes a device to this element of a description, for as long as the domain exists. A drive
    // opens even if its guest keeps it closed.
    void update_device(const std::string& element, const std::string& action);
    // The picture of its first screen, as a PNG or a PPM, whichever its QEMU makes.
    std::string screenshot();

  private:
    void require_asked(Means means, const std::string& action) const;
    Error saving_error(ErrorCode usual, const char* action, const std::string& file) const;

    void* handle_;
};

class Connection {
  public:
    // Errors: VIX_E_NOT_SUPPORTED if libvirt is not installed, VIX_E_CANNOT_CONNECT_TO_HOST if it
    // does not answer, VIX_E_HOST_USER_PERMISSIONS if this user may not use it.
    explicit Connection(const Settings& settings);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    const std::string& uri() const { return uri_; }
    std::string host_name() const;     // of the host that libvirt runs on
    std::string capabilities() const;  // XML

    std::optional<Domain> find(const std::string& uuid) const;
    std::vector<Domain> active() const;
    bool has_active_network(const std::string& name) const;

    // Starts a domain that vanishes when it ends. Error VIX_E_CANNOT_POWER_ON_VM, or a more precise
    // code.
    Domain start(const std::string& description, StartAs as) const;
    // Starts a domain from a file of Domain::save() or Domain::save_memory().
    Domain restore(const std::string& file, const std::string& description, StartAs as) const;
    // The description stored in such a file.
    std::string saved_description(const std::string& file) const;

  private:
    std::string uri_;
    void* handle_;
};

// Loads libvirt if it is installed and not loaded yet. While it loads, libvirt and its libraries
// read thirty variables of the environment. So the thread that may change them calls this, before
// it starts a job that is likely to need libvirt.
void load_libvirt() noexcept;

}  // namespace vix::power
