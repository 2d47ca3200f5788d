// Parses any text as a snapshot list (.vmsd). It is refused with an Error, or it can be edited like
// VMware's own, and the written text contains the edit.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "vm/snapshots/snapshot_tree.h"

using vix::vm::SnapshotTree;

static std::optional<SnapshotTree> parse(std::string_view bytes) {
    try {
        return SnapshotTree::parse(bytes, "fuzz.vmsd");
    } catch (const vix::Error&) {
        return std::nullopt;
    }
}

static void require(bool condition) {
    if (!condition) std::abort();
}

// Each removal reads all keys, so removing more takes too long.
constexpr std::size_t kMostRemoved = 64;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto tree = parse({reinterpret_cast<const char*>(data), size});
    if (!tree) return 0;
    const std::size_t before = tree->snapshots().size();
    std::size_t reached = 0;
    for (const int root : tree->roots()) reached += tree->subtree(root).size();
    require(reached == before);

    vix::vm::Snapshot snapshot;
    try {
        snapshot.uid = tree->next_uid();
    } catch (const vix::Error&) {
        return 0;  // the list has used up all uids
    }
    snapshot.parent = tree->current();
    snapshot.display_name = "fuzz \"|22";
    tree->add(snapshot);
    tree->add_clone(snapshot.uid, "/clones/c.vmx");
    const std::string bytes = tree->to_bytes();
    tree.reset();
    auto again = parse(bytes);
    require(again && again->snapshots().size() == before + 1);
    require(again->current() == snapshot.uid && again->find(snapshot.uid) != nullptr);
    require(again->find(snapshot.uid)->display_name == snapshot.display_name);
    require(again->find(snapshot.uid)->clones.size() == 1);
    again->remove(snapshot.uid);
    if (before > kMostRemoved) return 0;
    while (!again->snapshots().empty()) again->remove(again->snapshots().front().uid);
    const auto last = parse(again->to_bytes());
    require(last && last->snapshots().empty());
    return 0;
}
