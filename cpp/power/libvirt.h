// libvirt, as far as virtual machines are run with it: its library is loaded when it is first
// needed, so that everything else works where it is not installed. What libvirt refuses is an Error
// whose detail ends with libvirt's own words.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "power/settings.h"

namespace vix::power {

enum class Activity { Running, Paused, ShuttingDown, Off };

// How a guest is asked to end or to start anew.
enum class Means { Agent, Acpi };

// Paused: its processors stand still until resume().
enum class StartAs { Running, Paused };

// A virtual machine that libvirt runs.
class Domain {
  public:
    // `handle` is libvirt's, and this object's from now on.
    explicit Domain(void* handle) : handle_{handle} {}
    ~Domain();
    Domain(Domain&& other) noexcept : handle_{other.handle_} { other.handle_ = nullptr; }
    Domain& operator=(Domain&&) = delete;
    Domain(const Domain&) = delete;
    Domain& operator=(const Domain&) = delete;

    std::string name() const;
    std::string uuid() const;
    Activity activity() const;
    // The element of that XML namespace in the domain's metadata; nothing if there is none.
    std::optional<std::string> metadata(const std::string& xml_namespace) const;
    // Sets it for as long as the domain is there; `prefix` stands for the namespace in its XML.
    void set_metadata(const std::string& prefix, const std::string& xml_namespace,
                      const std::string& element);
    std::string description() const;  // the domain's XML, as it runs

    void pause();
    void resume();
    void reset();
    // Ends it at once, without a word to the guest. One that ended meanwhile is no failure.
    void destroy();
    // Ask only; the guest may take its time, or do nothing. To shut down one that has ended is no
    // failure.
    void ask_shutdown(Means means);
    void ask_reboot(Means means);
    // Writes its whole state to the file and ends it. Error VIX_E_SUSPEND_ERROR.
    void save(const std::string& file);
    // The same, but it stays as it is, running or paused. Error VIX_E_SNAPSHOT_CHECKPOINT.
    void save_memory(const std::string& file);
    // Whether the agent's channel is open at its end in the guest.
    bool has_agent() const;
    // The QEMU guest agent's answer. Error VIX_E_TOOLS_NOT_RUNNING when there is none in time.
    std::string ask_agent(const std::string& command, int timeout_s);
    // What is on its first screen, as a PNG or a PPM, whichever its QEMU makes.
    std::string screenshot();

  private:
    void require_asked(Means means, const std::string& action) const;
    Error saving_error(ErrorCode usual, const char* action, const std::string& file) const;

    void* handle_;
};

class Connection {
  public:
    // Errors: VIX_E_NOT_SUPPORTED where libvirt is not installed, VIX_E_CANNOT_CONNECT_TO_HOST
    // where it does not answer, VIX_E_HOST_USER_PERMISSIONS where this user may not.
    explicit Connection(const Settings& settings);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    const std::string& uri() const { return uri_; }
    std::string host_name() const;     // of the host that it is on
    std::string capabilities() const;  // XML

    std::optional<Domain> find(const std::string& uuid) const;
    std::vector<Domain> active() const;
    bool has_active_network(const std::string& name) const;

    // Error VIX_E_CANNOT_POWER_ON_VM, or what is known more precisely. It vanishes when it ends.
    Domain start(const std::string& description, StartAs as) const;
    // What Domain::save() or save_memory() wrote.
    Domain restore(const std::string& file, const std::string& description, StartAs as) const;
    // The description that is kept in such a file.
    std::string saved_description(const std::string& file) const;

  private:
    std::string uri_;
    void* handle_;
};

// Loads libvirt now if it is not loaded yet, as far as it is installed. While it loads, it and what
// it is made of read thirty variables of the environment. So this happens in the thread that may
// change them, before a job that is likely to need it.
void load_libvirt() noexcept;

// Whether this library was built with libvirt's headers.
bool built_with_libvirt();

}  // namespace vix::power
