// Lists of snapshots that others have edited, some of them finds of cpp/fuzz.
#include "vm/snapshot_tree.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/failure.h"
#include "testing/temp_folder.h"

namespace vix::vm {
namespace {

using testing::code_of;

Snapshot snapshot_called(const std::string& name, int uid) {
    Snapshot snapshot;
    snapshot.uid = uid;
    snapshot.display_name = name;
    return snapshot;
}

SnapshotTree reread(const SnapshotTree& tree) {
    return SnapshotTree::parse(tree.to_bytes(), "again.vmsd");
}

TEST(SnapshotTree, ANewSnapshotTakesNothingOverFromLinesOfOneWithoutUid) {
    auto tree = SnapshotTree::parse(
        "snapshot0.clone0 = \"/clones/old.vmx\"\n"
        "snapshot0.numClones = \"1\"\n"
        "snapshot0.description = \"of another\"\n"
        "snapshot0.type = \"1\"\n"
        "snapshot0.disk0.fileName = \"other.vmdk\"\n",
        "test.vmsd");
    ASSERT_TRUE(tree.snapshots().empty());
    tree.add(snapshot_called("new", 1));
    const auto again = reread(tree);
    ASSERT_EQ(again.snapshots().size(), 1U);
    const Snapshot& snapshot = again.snapshots().front();
    EXPECT_TRUE(snapshot.clones.empty());
    EXPECT_EQ(snapshot.description, "");
    EXPECT_FALSE(snapshot.with_memory);
    EXPECT_TRUE(snapshot.disks.empty());
}

TEST(SnapshotTree, AParentThatIsGoneIsNotTheNewSnapshotWithItsUid) {
    auto tree = SnapshotTree::parse(
        "snapshot.lastUID = \"1\"\nsnapshot.current = \"1\"\n"
        "snapshot0.uid = \"1\"\nsnapshot0.parent = \"2\"\n",
        "test.vmsd");
    Snapshot snapshot = snapshot_called("new", tree.next_uid());
    ASSERT_EQ(snapshot.uid, 2);
    snapshot.parent = tree.current();
    tree.add(snapshot);
    const auto again = reread(tree);
    EXPECT_EQ(again.find(1)->parent, kNoSnapshot);
    EXPECT_EQ(again.find(2)->parent, 1);
}

TEST(SnapshotTree, TheLargestNumberIsNotFollowedByAnother) {
    const auto tree = SnapshotTree::parse("snapshot.lastUID = \"2147483647\"\n", "test.vmsd");
    EXPECT_EQ(code_of([&] { tree.next_uid(); }), VIX_E_SNAPSHOT_MAXSNAPSHOTS);
}

TEST(SnapshotTree, NoMoreAreAddedThanAreRead) {
    std::string text;
    for (int i = 1; i <= 2000; ++i) {
        const std::string number = std::to_string(i);
        text += "snapshot" + number + ".uid = \"" + number + "\"\n";
    }
    const auto tree = SnapshotTree::parse(text, "test.vmsd");
    EXPECT_EQ(tree.snapshots().size(), 2000U);
    EXPECT_EQ(code_of([&] { tree.next_uid(); }), VIX_E_SNAPSHOT_MAXSNAPSHOTS);
}

TEST(SnapshotTree, ClosingAGapMixesNoTwoSnapshots) {
    auto tree = SnapshotTree::parse(
        "snapshot0.description = \"left over\"\n"
        "snapshot1.uid = \"4\"\n"
        "snapshot1.displayName = \"there\"\n",
        "test.vmsd");
    tree.add(snapshot_called("new", 5));
    const auto again = reread(tree);
    ASSERT_EQ(again.snapshots().size(), 2U);
    EXPECT_EQ(again.find(4)->display_name, "there");
    EXPECT_EQ(again.find(4)->description, "");
    EXPECT_EQ(again.find(5)->display_name, "new");
}

TEST(SnapshotTree, ClosesAllGapsAtOnce) {
    auto tree = SnapshotTree::parse(
        "snapshot1.description = \"left over\"\n"
        "snapshot2.uid = \"4\"\n"
        "snapshot5.uid = \"6\"\n"
        "snapshot5.displayName = \"six\"\n"
        "snapshot2.displayName = \"four\"\n"
        "snapshot7.uid = \"8\"\n"
        "snapshot7.displayName = \"eight\"\n",
        "test.vmsd");
    tree.remove(6);
    EXPECT_EQ(tree.to_bytes(),
              "snapshot0.uid = \"4\"\n"
              "snapshot0.displayName = \"four\"\n"
              "snapshot1.uid = \"8\"\n"
              "snapshot1.displayName = \"eight\"\n"
              "snapshot.numSnapshots = \"2\"\n");
}

TEST(SnapshotTree, ARemovedSnapshotTakesAllLinesWithItsUidAlong) {
    std::string list = "snapshot0.uid = \"2\"\n";
    for (int i = 1; i < 40000; ++i) list += "snapshot" + std::to_string(i) + ".uid = \"1\"\n";
    auto tree = SnapshotTree::parse(list, "test.vmsd");
    tree.remove(1);
    EXPECT_EQ(tree.to_bytes(), "snapshot0.uid = \"2\"\nsnapshot.numSnapshots = \"1\"\n");
}

TEST(SnapshotTree, ARemovedSnapshotDoesNotComeBackAsAnotherWithItsUid) {
    auto tree = SnapshotTree::parse(
        "snapshot1.uid = \"4\"\nsnapshot1.displayName = \"first\"\n"
        "snapshot3.uid = \"4\"\nsnapshot3.displayName = \"second\"\n",
        "test.vmsd");
    ASSERT_EQ(tree.snapshots().size(), 1U);
    tree.remove(4);
    EXPECT_TRUE(reread(tree).snapshots().empty());
}

TEST(SnapshotTree, ClonesAreReadInTheOrderOfTheirNumbers) {
    const auto tree = SnapshotTree::parse(
        "snapshot0.uid = \"1\"\nsnapshot0.clone10 = \"c\"\nSNAPSHOT0.CLONE2 = \"b\"\n"
        "snapshot0.clone0 = \"old\"\nsnapshot0.clone3 = \"\"\nsnapshot0.clone0 = \"a\"\n",
        "test.vmsd");
    EXPECT_EQ(tree.snapshots().front().clones, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(SnapshotTree, WhatIsKnownIsReadAnewWhereTheFileHasChanged) {
    const testing::TempFolder folder;
    const auto list = folder.write("vm.vmsd", "snapshot0.uid = \"1\"\n");
    const SnapshotTree known = SnapshotTree::read(list);
    EXPECT_NE(SnapshotTree::read(list, known).find(1), nullptr);
    folder.write("vm.vmsd", "snapshot0.uid = \"2\"\n");
    EXPECT_EQ(SnapshotTree::read(list, known).find(1), nullptr);
    boost::filesystem::remove(list);
    EXPECT_TRUE(SnapshotTree::read(list, known).snapshots().empty());
}

TEST(SnapshotTree, ACircleOfParentsIsRefused) {
    const auto parse = [] {
        return SnapshotTree::parse(
            "snapshot0.uid = \"1\"\nsnapshot0.parent = \"2\"\n"
            "snapshot1.uid = \"2\"\nsnapshot1.parent = \"1\"\n",
            "test.vmsd");
    };
    EXPECT_EQ(code_of(parse), VIX_E_SNAPSHOT_CONFIG);
}

}  // namespace
}  // namespace vix::vm
