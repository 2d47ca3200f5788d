// A small machine with snapshots, and a model of what each of its disks must contain. Each
// operation changes both the machine and the model.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "ops/snapshots/snapshot.h"
#include "testing/machines/family.h"
#include "testing/machines/machines.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::testing {

class SnapshotMachine {
  public:
    // The machine of write_small_machine(): scsi0:0 is a delta of a sparse disk; scsi0:1 is flat,
    // with extents of 600 and 424 sectors.
    explicit SnapshotMachine(const fs::path& folder);
    // Any other machine with known contents.
    SnapshotMachine(fs::path machine, DiskContents contents);

    fs::path vmx;
    DiskContents now;
    std::map<int, DiskContents> then;  // of each snapshot ever taken

    int take(const std::string& name);
    int take(const std::string& name, Progress& progress);
    void write(const std::string& node, std::uint64_t sector, char fill);
    void revert(int uid);
    void remove(int uid, ops::RemoveChildren children = ops::RemoveChildren::No);

    vm::SnapshotTree tree() const;

    // Compares the current disks and those of every recorded snapshot with the model.
    ::testing::AssertionResult reads_as_it_should() const;
    ::testing::AssertionResult reads_as(const DiskContents& present) const;
};

}  // namespace vix::testing
