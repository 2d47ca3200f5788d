// A connection to a Unix socket of the machines' host: direct on this host, through ssh to another.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>

#include "io/files/file_descriptor.h"
#include "io/process/process.h"
#include "power/libvirt/host_shell.h"

namespace vix::power {

// A folder that no other user may enter; removed with this object.
class PrivateFolder {
  public:
    explicit PrivateFolder(const io::Environment& environment);
    ~PrivateFolder();
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;

    const boost::filesystem::path& path() const { return path_; }

  private:
    boost::filesystem::path path_;
};

class HostSocket {
  public:
    // Error VIX_E_DISK_NOIO if nobody listens there.
    HostSocket(const boost::filesystem::path& path, const HostShell& host);

    int descriptor() const { return descriptor_.number; }

  private:
    void forward(const boost::filesystem::path& path, const HostShell& host);

    std::optional<PrivateFolder> folder_;  // for the local end of ssh's forwarding
    std::optional<io::Companion> ssh_;
    io::Descriptor descriptor_;
};

}  // namespace vix::power
