#include "power/served_disks.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace vix::power {

using Json = nlohmann::json;

void ServedDisks::read_graph() {
    served_.clear();
    files_.clear();
    for (const Json& served : daemon_.execute("query-block-exports")) {
        served_[served.value("id", "")] = served.value("node-name", "");
    }
    for (const Json& node : daemon_.execute("query-named-block-nodes", {{"flat", true}})) {
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
                daemon_.execute("blockdev-del", {{"node-name", unused}});
                files_.erase(unused);
            }
        } catch (const Error&) {
            // The node is in use.
        }
    }
}

// Opens the disk without its parent, which is open already. Returns its node.
std::string ServedDisks::open_child(const ServedChild& child) {
    std::string node;
    for (std::size_t i = files_.size(); node.empty() || files_.contains(node); ++i) {
        node = export_id(child.export_name) + '.' + std::to_string(i);
    }
    const std::string file = node + 'f';
    daemon_.execute("blockdev-add",
                    {{"driver", "file"}, {"node-name", file}, {"filename", child.disk.string()}});
    try {
        daemon_.execute(
            "blockdev-add",
            {{"driver", "vmdk"}, {"node-name", node}, {"file", file}, {"backing", nullptr}});
    } catch (const Error&) {
        daemon_.execute("blockdev-del", {{"node-name", file}});
        throw;
    }
    files_[node] = {};
    return node;
}

void ServedDisks::put_on_top(const std::vector<ServedChild>& children) {
    read_graph();
    std::vector<std::string> opened;
    Json actions = Json::array();
    try {
        for (const ServedChild& child : children) {
            close_unused(child.disk);
            opened.push_back(open_child(child));
            actions.push_back(
                {{"type", "blockdev-snapshot"},
                 {"data",
                  {{"node", served_[export_id(child.export_name)]}, {"overlay", opened.back()}}}});
        }
        if (!children.empty()) daemon_.execute("transaction", {{"actions", actions}});
    } catch (const Error&) {
        for (const std::string& node : opened) {
            daemon_.execute("blockdev-del", {{"node-name", node}});
            daemon_.execute("blockdev-del", {{"node-name", node + 'f'}});
        }
        throw;
    }
}

}  // namespace vix::power
