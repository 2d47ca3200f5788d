// The disks that an image server exports to a running machine, and how it switches to other disks
// while the machine runs: the daemon puts empty children on top of them, or copies the topmost one
// into a disk that replaces it and its parent.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "power/disks/image_server.h"
#include "power/disks/qmp.h"

namespace vix::power {

struct ServedChild {
    std::string export_name;
    boost::filesystem::path disk;
};

// A disk that will replace an export's topmost disk and its parent.
struct MergedDisk {
    std::string export_name;
    boost::filesystem::path disk;   // reads as the parent
    boost::filesystem::path below;  // what the parent and `disk` depend on
};

// The daemon's job that copies into such a disk. Complete: the disk reads as the topmost one, and
// requests to the export wait.
struct CopyJob {
    enum class State { Copying, UpToDate, Complete, Ended };
    std::string id;
    std::string node;
    boost::filesystem::path disk;
    State state = State::Copying;
    std::uint64_t done = 0;  // bytes
    std::uint64_t total = 0;
    std::string error;
};

class ServedDisks {
  public:
    // Error VIX_E_DISK_NOIO if the server does not answer.
    explicit ServedDisks(const ImageServer& server)
        : monitor_{server.monitor()}, host_{server.host()} {
        daemon();
    }

    // Asks over a new connection from now on. What was asked over the former one is then either
    // done or never will be, because the daemon serves one connection at a time.
    void reconnect() {
        daemon_.reset();
        daemon();
    }

    // The file that the export writes to; nothing if there is no such export.
    std::optional<boost::filesystem::path> top(const std::string& export_name);

    // Switches all exports at one instant, or none. Each then writes to its new disk, an empty
    // child of its former disk and of the same size. The former disk is only read from then on.
    void put_on_top(const std::vector<ServedChild>& children);

    // Copies what the export's topmost disk itself holds into `merged.disk`, and then what is
    // written, until drop_copy() or finish_copy(). One copy at a time. Changes nothing else.
    void begin_copy(const MergedDisk& merged);
    // Nothing if there is no copy.
    std::optional<CopyJob> copy();
    // Returns when the copy is Complete. The machine must stand still.
    void complete_copy();
    // For a Complete copy: switches the export to the new disk, and closes the two former disks.
    void finish_copy();
    // Restores what was before begin_copy(). After finish_copy() it only forgets the job. Returns
    // false if the copy may still exist.
    bool drop_copy() noexcept;

  private:
    Qmp& daemon();
    void end_copy();
    void read_graph();
    void close_unused(const boost::filesystem::path& disk);
    void close_all_unused(const std::string& id);
    std::string open_disk(const ServedChild& child, const std::optional<std::string>& below);
    std::optional<std::string> node_of(const std::string& id, const boost::filesystem::path& disk);
    CopyJob wait_for(CopyJob::State state);

    boost::filesystem::path monitor_;
    const HostShell& host_;
    std::optional<Qmp> daemon_;                  // nothing: the next request connects
    std::map<std::string, std::string> served_;  // id of an export -> its node
    std::map<std::string, std::string> files_;   // node -> its file
};

}  // namespace vix::power
