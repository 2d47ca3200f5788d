// The snapshot lists that this process changed last. A parent may have ten thousand linked clones:
// with its list at hand, the next change need not parse the list, and the next clone need not write
// it whole. Several threads may share a list; the one that comes second parses.
//
// The former file of a list (io/files/replacement.h) is deleted when the machine's handle is
// released, when other lists take its place here, and when the process ends. One that a killed
// process left is deleted with the next change of the list, or with the machine.
#pragma once

#include <boost/filesystem/path.hpp>

#include "vm/snapshots/snapshot_tree.h"

namespace vix::ops {

class KeptLists {
  public:
    // For SnapshotTree::read(), which finds out whether it is still right. Empty if none is kept.
    static vm::SnapshotTree take(const boost::filesystem::path& vmx);
    // `tree` was settled and written.
    static void keep(const boost::filesystem::path& vmx, vm::SnapshotTree tree);

    static void keep_former(const boost::filesystem::path& vmx,
                            const boost::filesystem::path& former);
    // Does nothing if this process left no former file of that machine's list. While another call
    // works on the machine the file stays; that call replaces it, or the next one.
    static void delete_former(const boost::filesystem::path& vmx) noexcept;
};

}  // namespace vix::ops
