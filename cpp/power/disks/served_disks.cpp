#include "power/disks/served_disks.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"

namespace vix::power {
namespace {

const std::string kCopyJob = "vix-merge.";
constexpr std::chrono::milliseconds kPollInterval{20};

}  // namespace

Qmp& ServedDisks::daemon() {
    if (!daemon_) daemon_.emplace(monitor_, host_);
    return *daemon_;
}

void ServedDisks::read_graph() {
    served_.clear();
    files_.clear();
    for (const nlohmann::json& served : daemon().execute("query-block-exports")) {
        served_[served.value("id", "")] = served.value("node-name", "");
    }
    for (const nlohmann::json& node :
         daemon().execute("query-named-block-nodes", {{"flat", true}})) {
        files_[node.value("node-name", "")] = node.value("file", "");
    }
}

// A node reports more than its file's name if its parent is not the one that the disk names. So the
// file node below it is asked.
std::optional<boost::filesystem::path> ServedDisks::top(const std::string& export_name) {
    read_graph();
    const auto node = served_.find(export_id(export_name));
    if (node == served_.end()) return std::nullopt;
    const auto file = files_.find(node->second + 'f');
    if (file == files_.end()) return std::nullopt;
    return file->second;
}

// A killed call may have left the disk open, and the daemon opens no file twice. Nodes in use stay.
void ServedDisks::close_unused(const boost::filesystem::path& disk) {
    for (const auto& [file_node, file] : std::map{files_}) {
        if (file != disk.string() || !file_node.ends_with('f')) continue;
        const std::string node = file_node.substr(0, file_node.size() - 1);
        try {
            for (const std::string& unused : {node, file_node}) {
                if (!files_.contains(unused)) continue;
                daemon().execute("blockdev-del", {{"node-name", unused}});
                files_.erase(unused);
            }
        } catch (const Error&) {
            // The node is in use.
        }
    }
}

// Opens the disk and returns its node. Its parent is open already: the node `below`, or the one
// that it will be put on top of.
std::string ServedDisks::open_disk(const ServedChild& child,
                                   const std::optional<std::string>& below) {
    std::string node;
    for (std::size_t i = files_.size(); node.empty() || files_.contains(node); ++i) {
        node = export_id(child.export_name) + '.' + std::to_string(i);
    }
    const std::string file = node + 'f';
    daemon().execute("blockdev-add",
                     {{"driver", "file"}, {"node-name", file}, {"filename", child.disk.string()}});
    try {
        daemon().execute("blockdev-add",
                         {{"driver", "vmdk"},
                          {"node-name", node},
                          {"file", file},
                          {"backing", below ? nlohmann::json(*below) : nlohmann::json(nullptr)}});
    } catch (const Error&) {
        daemon().execute("blockdev-del", {{"node-name", file}});
        throw;
    }
    files_[node] = {};
    return node;
}

void ServedDisks::put_on_top(const std::vector<ServedChild>& children) {
    read_graph();
    std::vector<std::string> opened;
    nlohmann::json actions = nlohmann::json::array();
    try {
        for (const ServedChild& child : children) {
            close_unused(child.disk);
            opened.push_back(open_disk(child, std::nullopt));
            actions.push_back(
                {{"type", "blockdev-snapshot"},
                 {"data",
                  {{"node", served_[export_id(child.export_name)]}, {"overlay", opened.back()}}}});
        }
        if (!children.empty()) daemon().execute("transaction", {{"actions", actions}});
    } catch (const Error&) {
        for (const std::string& node : opened) {
            daemon().execute("blockdev-del", {{"node-name", node}});
            daemon().execute("blockdev-del", {{"node-name", node + 'f'}});
        }
        throw;
    }
}

std::optional<std::string> ServedDisks::node_of(const std::string& id,
                                                const boost::filesystem::path& disk) {
    for (const auto& [node, file] : files_) {
        const bool of_export = node.starts_with(id + '.') && node.ends_with('f');
        if (of_export && file == disk.string()) return node.substr(0, node.size() - 1);
    }
    return std::nullopt;
}

// The daemon keeps nodes that something depends on. So a chain is closed from its top.
void ServedDisks::close_all_unused(const std::string& id) {
    for (bool closed = true; closed;) {
        closed = false;
        read_graph();
        for (const auto& [node, file] : files_) {
            if (!node.starts_with(id + '.')) continue;
            try {
                daemon().execute("blockdev-del", {{"node-name", node}});
                closed = true;
            } catch (const Error&) {
                // The node is in use.
            }
        }
    }
}

// The job's name holds its target's node. It waits before it switches the export, and it stays
// after its end until it is dismissed, so that the next call can see what a killed call has done.
void ServedDisks::begin_copy(const MergedDisk& merged) {
    if (!drop_copy()) throw Error{VIX_E_DISK_NOIO, "an earlier copy of a disk does not end"};
    read_graph();
    const std::string id = export_id(merged.export_name);
    const auto below = node_of(id, merged.below);
    if (!below) {
        throw Error{VIX_E_DISK_NOIO, merged.below.string() + " is not among the disks served"};
    }
    const std::string source = served_[id];
    close_unused(merged.disk);
    const std::string node = open_disk({merged.export_name, merged.disk}, below);
    try {
        daemon().execute("blockdev-mirror", {{"job-id", kCopyJob + node},
                                             {"device", source},
                                             {"target", node},
                                             {"sync", "top"},
                                             {"auto-finalize", false},
                                             {"auto-dismiss", false}});
    } catch (const Error&) {
        close_all_unused(id);
        throw;
    }
}

std::optional<CopyJob> ServedDisks::copy() {
    for (const nlohmann::json& job : daemon().execute("query-jobs")) {
        CopyJob found;
        found.id = job.value("id", "");
        if (!found.id.starts_with(kCopyJob)) continue;
        found.node = found.id.substr(kCopyJob.size());
        found.done = job.value("current-progress", std::uint64_t{0});
        found.total = job.value("total-progress", std::uint64_t{0});
        found.error = job.value("error", "");
        const std::string status = job.value("status", "");
        if (status == "ready") found.state = CopyJob::State::UpToDate;
        if (status == "pending") found.state = CopyJob::State::Complete;
        if (status == "concluded") found.state = CopyJob::State::Ended;
        read_graph();
        const auto file = files_.find(found.node + 'f');
        if (file != files_.end()) found.disk = file->second;
        return found;
    }
    return std::nullopt;
}

// Error VIX_E_DISK_NOIO if the copy ends in another way.
CopyJob ServedDisks::wait_for(CopyJob::State state) {
    for (;;) {
        const auto job = copy();
        if (job && job->state == state && job->error.empty()) return *job;
        if (!job || job->state == CopyJob::State::Ended) {
            throw Error{VIX_E_DISK_NOIO, "copying a disk of a running machine ended: " +
                                             (job ? job->error : "the daemon has no such job")};
        }
        std::this_thread::sleep_for(kPollInterval);
    }
}

void ServedDisks::complete_copy() {
    const auto job = copy();
    if (!job) throw Error{VIX_E_DISK_NOIO, "no disk is being copied"};
    daemon().execute("job-complete", {{"id", job->id}});
    wait_for(CopyJob::State::Complete);
}

void ServedDisks::finish_copy() {
    const CopyJob job = wait_for(CopyJob::State::Complete);
    daemon().execute("job-finalize", {{"id", job.id}});
    wait_for(CopyJob::State::Ended);
    try {
        daemon().execute("job-dismiss", {{"id", job.id}});
        close_all_unused(job.node.substr(0, job.node.rfind('.')));
    } catch (const Error&) {
        // The former disks stay open until the next copy.
    }
}

void ServedDisks::end_copy() {
    const auto job = copy();
    if (!job) return;
    if (job->state != CopyJob::State::Ended) {
        daemon().execute("job-cancel", {{"id", job->id}});
        for (auto now = copy(); now && now->state != CopyJob::State::Ended; now = copy()) {
            std::this_thread::sleep_for(kPollInterval);
        }
    }
    daemon().execute("job-dismiss", {{"id", job->id}});
    close_all_unused(job->node.substr(0, job->node.rfind('.')));
}

// Perhaps only the connection was lost.
bool ServedDisks::drop_copy() noexcept {
    for (int tries = 0; tries < 2; ++tries) {
        try {
            if (tries > 0) reconnect();
            end_copy();
            return true;
        } catch (...) {
            // The next call drops the copy, or the daemon has ended.
        }
    }
    return false;
}

}  // namespace vix::power
