// Serves a virtual machine's images to its QEMU: a qemu-storage-daemon on the machine's host
// exports each image over NBD, on a socket in a private folder. With QEMU's own VMDK driver the
// machine's state could not be saved. The supervisor, a shell, ends the daemon as soon as the
// machine's process has ended, however it ended. So no process of ours has to run as long as
// the machine does.
#pragma once

#include <sys/types.h>

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "power/disks/images.h"
#include "power/libvirt/host_shell.h"

namespace vix::power {

struct Owner {
    uid_t user;
    gid_t group;
};

// The folder with the server folders of all machines.
boost::filesystem::path servers_folder(const boost::filesystem::path& setting,
                                       const HostShell& host);
// "<servers folder>/<uuid>". Only the user may list it; QEMU's user may pass through. Error
// VIX_E_FILE_NAME_INVALID if its path is too long for a socket.
boost::filesystem::path server_folder(const boost::filesystem::path& setting,
                                      const std::string& uuid, const HostShell& host);

class ImageServer {
  public:
    // For the machine of that uuid; `setting` is power.folder. `host` must outlive this object.
    ImageServer(const boost::filesystem::path& setting, const std::string& uuid,
                const HostShell& host)
        : folder_{server_folder(setting, uuid, host)}, host_{host} {}

    boost::filesystem::path socket() const { return folder_ / "nbd.sock"; }
    boost::filesystem::path monitor() const;  // the daemon's QMP socket, see Qmp
    const HostShell& host() const { return host_; }

    // Stops a server that an ended machine left behind, then starts one. `owner` may use the socket
    // as well. Until attach() it lives no longer than two minutes, and on this host no longer than
    // this process. Errors: VIX_E_FILE_NOT_FOUND if there is no qemu-storage-daemon;
    // VIX_E_DISK_NOIO, with its message, if it cannot serve; VIX_E_DISK_TOOMANYOPENFILES if it may
    // not open all files.
    void start(const std::vector<Image>& images, const std::optional<Owner>& owner);

    // Ties the server to the process `machine`. When that process ends, the server ends, too. It
    // then removes the lock members `marks` and their folders, if these are empty, and the files
    // `scratch`.
    void attach(pid_t machine, const std::vector<boost::filesystem::path>& marks,
                const std::vector<boost::filesystem::path>& scratch);
    // The guest is about to run. When its process ends, the server sets cleanShutdown in `vmx` to
    // TRUE, if it is FALSE.
    void note_start(const boost::filesystem::path& vmx);
    void forget_start() noexcept;  // the guest did not run
    // The scratch files stay when the server ends.
    void keep_scratch();
    // The lock members that the server removes when it ends.
    std::vector<boost::filesystem::path> marks() const;
    void set_marks(const std::vector<boost::filesystem::path>& marks);

    // A note of a few words that exists as long as the server. An empty text means that there is
    // none.
    void note(const std::string& name, const std::string& text);
    std::string noted(const std::string& name) const;

    // Stops the server and waits until it has ended.
    void stop();

  private:
    io::Outcome try_start(const std::vector<std::string>& arguments);
    Error start_error(const io::Outcome& outcome, std::size_t files) const;
    std::string do_there(const std::string& action, std::string_view script,
                         std::vector<std::string> arguments) const;

    boost::filesystem::path folder_;
    const HostShell& host_;
};

// The id of an export: its name without colons, which QEMU's ids do not allow. The node names of
// its chain begin with it; the file of the node N is the node Nf.
std::string export_id(const std::string& export_name);

// The daemon's arguments, which name the images, their chains and their exports. Pure.
std::vector<std::string> server_arguments(const std::vector<Image>& images,
                                          const boost::filesystem::path& socket);

}  // namespace vix::power
