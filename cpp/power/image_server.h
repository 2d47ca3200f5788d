// Serves a virtual machine's images to its QEMU: a qemu-storage-daemon that exports each over NBD
// on a socket in a private folder. QEMU's own VMDK driver would keep the machine's state from being
// saved. They run on the machine's host. A shell supervises the daemon and ends it as soon as the
// machine's process has ended, whoever ended that; so nothing of ours has to run for as long as the
// machine does.
#pragma once

#include <sys/types.h>

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "power/host_shell.h"
#include "power/images.h"

namespace vix::power {

struct Owner {
    uid_t user;
    gid_t group;
};

// Where that of each machine is.
boost::filesystem::path servers_folder(const boost::filesystem::path& setting,
                                       const HostShell& host);
// "<folder of the user>/<uuid>": the user's alone, except that QEMU may pass through.
boost::filesystem::path server_folder(const boost::filesystem::path& setting,
                                      const std::string& uuid, const HostShell& host);

class ImageServer {
  public:
    // Of the machine of that uuid; `setting` is power.folder. `host` lives longer than this object.
    ImageServer(const boost::filesystem::path& setting, const std::string& uuid,
                const HostShell& host)
        : folder_{server_folder(setting, uuid, host)}, host_{host} {}

    boost::filesystem::path socket() const { return folder_ / "nbd.sock"; }
    boost::filesystem::path monitor() const;  // where the daemon is asked, see Qmp
    const HostShell& host() const { return host_; }

    // One that is left of a machine that ended is stopped first. `owner` may use the socket as
    // well. Until attach() it lives no longer than this process, or, on another host, for two
    // minutes. Errors: VIX_E_FILE_NOT_FOUND when there is no qemu-storage-daemon, VIX_E_DISK_NOIO
    // with its words when it cannot serve, VIX_E_DISK_TOOMANYOPENFILES when it may not open all.
    void start(const std::vector<Image>& images, const std::optional<Owner>& owner);

    // It now serves the process `machine`. When that ends, the server ends, too, and removes the
    // files `marks` with their folders, if those are empty then, and `scratch`.
    void attach(pid_t machine, const std::vector<boost::filesystem::path>& marks,
                const std::vector<boost::filesystem::path>& scratch);
    // The files with what is written instead of to images stay when it ends.
    void keep_scratch();
    // The marks that it removes at its end.
    std::vector<boost::filesystem::path> marks() const;
    void set_marks(const std::vector<boost::filesystem::path>& marks);

    // A note of a few words that lasts as long as the server; empty: there is none.
    void note(const std::string& name, const std::string& text);
    std::string noted(const std::string& name) const;

    // Ends it, and waits until it has ended.
    void stop();

  private:
    io::Outcome try_start(const std::vector<std::string>& arguments);
    Error start_error(const io::Outcome& outcome, std::size_t files) const;
    std::string do_there(const std::string& action, std::string_view script,
                         std::vector<std::string> arguments) const;

    boost::filesystem::path folder_;
    const HostShell& host_;
};

// The id that belongs to the name of an export: QEMU's ids know no colon. The names of the nodes of
// its chain begin with it; the file of the node N is the node Nf.
std::string export_id(const std::string& export_name);

// The daemon's arguments, which name the images, their chains and their exports. Pure.
std::vector<std::string> server_arguments(const std::vector<Image>& images,
                                          const boost::filesystem::path& socket);

}  // namespace vix::power
