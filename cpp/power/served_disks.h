// The disks that an image server serves to a machine that runs, and how it comes to write to others
// while it runs: the daemon puts empty children on top of them.
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
    // Error VIX_E_DISK_NOIO when the server does not answer.
    explicit ServedDisks(const ImageServer& server) : daemon_{server.monitor(), server.host()} {}

    // The file that the export writes to; nothing when there is no such export.
    std::optional<boost::filesystem::path> top(const std::string& export_name);

    // From one instant on each export writes to its new disk, an empty child of the one it wrote to
    // and of the same size; that one is only read from then on. All of them, or none.
    void put_on_top(const std::vector<ServedChild>& children);

  private:
    void read_graph();
    void close_unused(const boost::filesystem::path& disk);
    std::string open_child(const ServedChild& child);

    Qmp daemon_;
    std::map<std::string, std::string> served_;  // id of an export: its node
    std::map<std::string, std::string> files_;   // node: its file
};

}  // namespace vix::power
