// The disks that an image server exports to a running machine, and how it switches to other disks
// while the machine runs: the daemon puts empty children on top of them.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "power/image_server.h"
#include "power/qmp.h"

namespace vix::power {

struct ServedChild {
    std::string export_name;
    boost::filesystem::path disk;
};

class ServedDisks {
  public:
    // Error VIX_E_DISK_NOIO if the server does not answer.
    explicit ServedDisks(const ImageServer& server) : daemon_{server.monitor(), server.host()} {}

    // The file that the export writes to; nothing if there is no such export.
    std::optional<boost::filesystem::path> top(const std::string& export_name);

    // Switches all exports at one instant, or none. Each then writes to its new disk, an empty
    // child of its former disk and of the same size. The former disk is only read from then on.
    void put_on_top(const std::vector<ServedChild>& children);

  private:
    void read_graph();
    void close_unused(const boost::filesystem::path& disk);
    std::string open_child(const ServedChild& child);

    Qmp daemon_;
    std::map<std::string, std::string> served_;  // id of an export -> its node
    std::map<std::string, std::string> files_;   // node -> its file
};

}  // namespace vix::power
