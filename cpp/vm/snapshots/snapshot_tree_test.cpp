// Tests snapshot lists that others have edited; cpp/fuzz found some of them.
#include "vm/snapshots/snapshot_tree.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/disks/round_trip.h"
#include "testing/disks/samples.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

using testing::code_of;

Snapshot snapshot_called(const std::string& name, int uid) {
    Snapshot snapshot;
    snapshot.uid = uid;
    snapshot.display_name = name;
    return snapshot;
}

SnapshotTree parse(std::string_view bytes, const std::string& where) {
    SnapshotTree tree = SnapshotTree::parse(bytes, where);
    EXPECT_EQ(tree.to_bytes(), bytes);
    return tree;
}

SnapshotTree reread(const SnapshotTree& tree) {
    EXPECT_EQ(testing::lost_by_writing(tree), "");
    return parse(tree.to_bytes(), "again.vmsd");
}

TEST(SnapshotTree, ANewSnapshotTakesNothingOverFromLinesOfOneWithoutUid) {
    auto tree = parse(
        "snapshot0.numClones = \"1\"\n"
        "snapshot0.description = \"of another\"\n"
        "snapshot0.type = \"1\"\n"
        "snapshot0.disk0.node = \"scsi0:0\"\n",
        "test.vmsd");
    ASSERT_TRUE(tree.snapshots().empty());
    tree.add(snapshot_called("new", 1));
    const auto again = reread(tree);
    ASSERT_EQ(again.snapshots().size(), 1U);
    const Snapshot& snapshot = again.snapshots().front();
    EXPECT_EQ(snapshot.description, "");
    EXPECT_FALSE(snapshot.with_memory);
    EXPECT_EQ(again.to_bytes().find("node"), std::string::npos);
    EXPECT_EQ(again.to_bytes().find("numClones"), std::string::npos);
}

// VMware Server declared no encoding.
TEST(SnapshotTree, ANewSnapshotKeepsTheTextOfAListWithoutEncoding) {
    for (const auto& [bytes, text] :
         {std::pair{"caf\xe9", "caf\xc3\xa9"}, std::pair{"caf\xc3\xa9", "caf\xc3\xa9"}}) {
        auto tree = parse(std::string{"snapshot0.uid = \"1\"\n"
                                      "snapshot0.filename = \"vm-Snapshot1.vmsn\"\n"
                                      "snapshot0.displayName = \""} +
                              bytes + "\"\nsnapshot0.clone0 = \"/" + bytes + "/c.vmx\"\n" +
                              "snapshot0.numClones = \"1\"\n"
                              "snapshot.numSnapshots = \"1\"\n",
                          "test.vmsd");
        tree.add(snapshot_called("new", 2));
        const auto again = reread(tree);
        ASSERT_EQ(again.snapshots().size(), 2U);
        EXPECT_EQ(again.find(1)->display_name, text);
        EXPECT_EQ(again.find(1)->clones.front(), std::string{"/"} + text + "/c.vmx");
    }
}

TEST(SnapshotTree, AParentThatIsGoneIsNotTheNewSnapshotWithItsUid) {
    auto tree = parse(
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
    const auto tree = parse("snapshot.lastUID = \"2147483647\"\n", "test.vmsd");
    EXPECT_EQ(code_of([&] { tree.next_uid(); }), VIX_E_SNAPSHOT_MAXSNAPSHOTS);
}

TEST(SnapshotTree, NoMoreAreAddedThanAreRead) {
    std::string text;
    for (int i = 1; i <= 2000; ++i) {
        const std::string number = std::to_string(i);
        text += "snapshot" + number + ".uid = \"" + number + "\"\n";
    }
    const auto tree = parse(text, "test.vmsd");
    EXPECT_EQ(tree.snapshots().size(), 2000U);
    EXPECT_EQ(code_of([&] { tree.next_uid(); }), VIX_E_SNAPSHOT_MAXSNAPSHOTS);
}

TEST(SnapshotTree, ClosingAGapMixesNoTwoSnapshots) {
    auto tree = parse(
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
    auto tree = parse(
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

// 1 <- 2 <- 3 <- 4, and 5 is another child of 3; 4 is current.
SnapshotTree line_with_a_branch() {
    SnapshotTree tree;
    for (const int uid : {1, 2, 3, 4, 5}) {
        Snapshot snapshot = snapshot_called("s" + std::to_string(uid), uid);
        snapshot.parent = uid == 5 ? 3 : uid - 1;
        tree.add(snapshot);
    }
    tree.set_current(4);
    return tree;
}

TEST(SnapshotTree, RemovesSeveralAtOnce) {
    auto tree = line_with_a_branch();
    tree.remove({4, 2, 3});
    const auto again = reread(tree);
    ASSERT_EQ(again.snapshots().size(), 2U);
    EXPECT_EQ(again.find(5)->parent, 1);
    EXPECT_EQ(again.current(), 1);
    EXPECT_EQ(tree.find(3), nullptr);
    EXPECT_EQ(tree.find(5)->display_name, "s5");
}

TEST(SnapshotTree, RemovingAllOfALineLeavesRoots) {
    auto tree = line_with_a_branch();
    tree.remove({1, 2, 3});
    const auto again = reread(tree);
    EXPECT_EQ(again.roots(), (std::vector{4, 5}));
    EXPECT_EQ(again.current(), 4);
}

TEST(SnapshotTree, ASubtreeHasChildrenBeforeTheirParents) {
    EXPECT_EQ(line_with_a_branch().subtree(2), (std::vector{4, 5, 3, 2}));
}

TEST(SnapshotTree, TheLongestLineIsReadAndRemoved) {
    SnapshotTree tree;
    for (int uid = 1; uid <= 2000; ++uid) {
        Snapshot snapshot = snapshot_called("s", uid);
        snapshot.parent = uid - 1;
        tree.add(snapshot);
    }
    auto again = reread(tree);
    EXPECT_EQ(again.subtree(1).size(), 2000U);
    again.remove(again.subtree(2));
    EXPECT_EQ(again.snapshots().size(), 1U);
    EXPECT_EQ(again.current(), 1);
}

TEST(SnapshotTree, EntriesThatMoveKeepBytesThatCannotBeDecoded) {
    auto tree = parse(
        "snapshot0.uid = \"1\"\n"
        "snapshot0.clone0 = \"/a/c.vmx\"\n"
        "snapshot0.clone1 = \"/\x81/c.vmx\"\n"
        "snapshot0.clone2 = \"/a/c.vmx\"\n"
        "snapshot0.numClones = \"3\"\n"
        "snapshot.mru0.uid = \"\x81\"\n",
        "test.vmsd");
    EXPECT_TRUE(tree.remove_clone("/a/c.vmx"));
    EXPECT_EQ(tree.find(1)->clones, std::vector<std::string>{"/\x81/c.vmx"});
    EXPECT_EQ(reread(tree).find(1)->clones, tree.find(1)->clones);
    tree.add(snapshot_called("new", 2));
    EXPECT_NE(tree.to_bytes().find("snapshot0.clone0 = \"/\x81/c.vmx\""), std::string::npos);
    EXPECT_NE(tree.to_bytes().find("snapshot.mru1.uid = \"\x81\""), std::string::npos);
}

TEST(SnapshotTree, ClosingAGapChangesNoTextThatCannotBeDecoded) {
    auto tree = parse(
        "snapshot0.uid = \"1\"\n"
        "snapshot1.uid = \"2\"\n"
        "snapshot1.displayName = \"caf\x81\"\n",
        "test.vmsd");
    tree.remove(1);
    EXPECT_EQ(tree.to_bytes(),
              "snapshot0.uid = \"2\"\n"
              "snapshot0.displayName = \"caf\x81\"\n"
              "snapshot.numSnapshots = \"1\"\n");
}

// Whatever was accepted can be edited: afterwards the text means what the value does, and a
// snapshot that was added and removed again leaves the others as they were.
void take_and_remove_one(SnapshotTree tree) {
    const std::string before = testing::meaning_of(tree);
    const int current = tree.current();
    Snapshot snapshot = snapshot_called("fuzz \"|22", tree.next_uid());
    snapshot.parent = current;
    tree.add(snapshot);
    tree.add_clone(snapshot.uid, "/clones/c.vmx");
    EXPECT_EQ(testing::lost_by_writing(tree), "");
    tree.remove(snapshot.uid);
    EXPECT_EQ(testing::lost_by_writing(tree), "");
    EXPECT_EQ(testing::meaning_of(tree), before);
}

// Returns the detail of the refusal; empty if the list is accepted.
std::string refusal_of(const std::string& text) {
    try {
        take_and_remove_one(parse(text, "test.vmsd"));
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), VIX_E_SNAPSHOT_CONFIG);
        return error.detail();
    }
    return {};
}

TEST(SnapshotTree, ALineThatIsNotUnderstoodIsRefused) {
    EXPECT_EQ(refusal_of("snapshot0.uid = \"1\"\nsnapshot0.disk0.fileName = \"a.vmdk\n"),
              "test.vmsd: line 2: the value of snapshot0.disk0.fileName has no closing quote");
    EXPECT_EQ(refusal_of("\nsnapshot0.uid \"1\"\n"),
              "test.vmsd: line 2: this is neither an assignment nor a comment");
    EXPECT_EQ(refusal_of("snapshot0.uid = \"1\"\nsnapshot0.clone0 = my clone.vmx\n"),
              "test.vmsd: line 2: the value of snapshot0.clone0 has a blank and no quotes");
    EXPECT_EQ(refusal_of(std::string(512, '\0')), "test.vmsd: line 1: there is a NUL byte");
}

TEST(SnapshotTree, AKeyThatStandsThereTwiceIsRefused) {
    EXPECT_EQ(refusal_of("snapshot0.uid = \"1\"\nsnapshot0.disk0.fileName = \"a.vmdk\"\n"
                         "SNAPSHOT0.disk0.filename = \"b.vmdk\"\n"),
              "test.vmsd: line 3: SNAPSHOT0.disk0.filename is already defined in line 2");
}

TEST(SnapshotTree, ANumberThatIsNoneIsRefused) {
    for (const char* number : {"2147483648", "99999999999999999999", "-1", "x", "1 "}) {
        for (const char* key :
             {"snapshot0.uid", "snapshot0.parent", "snapshot.current", "snapshot.lastUID"}) {
            EXPECT_EQ(
                refusal_of(std::string{key} + " = \"" + number + "\"\n"),
                "test.vmsd: line 1: " + std::string{key} + " is not a number from 0 to 2147483647");
        }
    }
}

TEST(SnapshotTree, TheLargestUidIsRead) {
    const auto tree = parse("snapshot0.uid = \"2147483647\"\n", "test.vmsd");
    EXPECT_NE(tree.find(2147483647), nullptr);
}

TEST(SnapshotTree, TwoSnapshotsWithOneUidAreRefused) {
    EXPECT_EQ(refusal_of("snapshot0.uid = \"4\"\n\nsnapshot3.uid = \"4\"\n"),
              "test.vmsd: line 3: snapshot3.uid is 4, the same as snapshot0.uid in line 1");
}

TEST(SnapshotTree, FilesOfASnapshotWithoutUidAreRefused) {
    for (const char* key : {"snapshot0.disk0.fileName", "snapshot0.filename", "snapshot0.clone0"}) {
        EXPECT_EQ(
            refusal_of(std::string{key} + " = \"file\"\n"),
            "test.vmsd: line 1: " + std::string{key} + " belongs to a snapshot without a uid");
    }
}

TEST(SnapshotTree, NumbersThatWouldBePassedOverAreRefused) {
    EXPECT_EQ(refusal_of("snapshot16777216.uid = \"1\"\n"),
              "test.vmsd: line 1: snapshot16777216.uid belongs to a snapshot with an invalid "
              "number");
    EXPECT_EQ(refusal_of("snapshot01.uid = \"1\"\n"),
              "test.vmsd: line 1: snapshot01.uid belongs to a snapshot with an invalid number");
    EXPECT_EQ(refusal_of("snapshot0.uid = \"1\"\nsnapshot0.disk00.fileName = \"a.vmdk\"\n"),
              "test.vmsd: line 2: snapshot0.disk00.fileName has an invalid number");
    EXPECT_EQ(refusal_of("snapshot0.uid = \"1\"\nsnapshot0.clone01 = \"a.vmx\"\n"),
              "test.vmsd: line 2: snapshot0.clone01 has an invalid number");
}

TEST(SnapshotTree, NamesInAnotherEncodingThanDeclaredAreRefused) {
    const std::string begin = ".encoding = \"UTF-8\"\nsnapshot0.uid = \"1\"\n";
    for (const char* key : {"snapshot0.disk0.fileName", "snapshot0.filename", "snapshot0.clone0",
                            "sentinel0", "cloneOf0"}) {
        EXPECT_EQ(refusal_of(begin + key + " = \"\xC4\xE3\"\n"),
                  "test.vmsd: line 3: " + std::string{key} +
                      " is not valid in UTF-8, the encoding of the file");
    }
    EXPECT_EQ(refusal_of(begin + "snapshot0.displayName = \"\xC4\xE3\"\n"), "");
}

TEST(SnapshotTree, WhatOthersLeaveBehindIsRead) {
    EXPECT_EQ(refusal_of("snapshot.lastUID = \"3\"\nsnapshot.mru0.uid = \"3\"\n"
                         "snapshot.current = \"0\"\nsnapshot.numSnapshots = \"7\"\n"
                         "snapshot0.uid = \"3\"\nsnapshot0.parent = \"2\"\nsnapshotX = \"\"\n"),
              "");
}

TEST(SnapshotTree, ParentsAndSentinelsBehindAGapCount) {
    auto tree = parse("cloneOf1 = \"/p.vmx\"\nsentinel0 = \"a.vmdk\"\nsentinel2 = \"b.vmdk\"\n",
                      "test.vmsd");
    EXPECT_EQ(tree.clone_of(), std::vector<std::string>{"/p.vmx"});
    EXPECT_EQ(tree.sentinels(), (std::vector<std::string>{"a.vmdk", "b.vmdk"}));
    tree.set_sentinels({"c.vmdk"});
    EXPECT_EQ(tree.to_bytes(),
              "cloneOf1 = \"/p.vmx\"\nsentinel0 = \"c.vmdk\"\nnumSentinels = \"1\"\n");
    EXPECT_EQ(reread(tree).sentinels(), std::vector<std::string>{"c.vmdk"});
}

TEST(SnapshotTree, ClonesAreReadInTheOrderOfTheirNumbers) {
    const auto tree = parse(
        "snapshot0.uid = \"1\"\nsnapshot0.clone10 = \"c\"\nSNAPSHOT0.CLONE2 = \"b\"\n"
        "snapshot0.clone3 = \"\"\nsnapshot0.clone0 = \"a\"\n",
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

TEST(SnapshotTree, WhatWasSettledAndWrittenIsKnown) {
    const testing::TempFolder folder;
    const auto list = folder / "a.vmsd";
    auto tree = line_with_a_branch();
    tree.add_clone(3, "/clones/a/a.vmx");
    testing::write_file(list, tree.settle());
    auto again = SnapshotTree::read(list, std::move(tree));
    again.add_clone(3, "/clones/a/a.vmx");
    again.add_clone(3, "/clones/b/b.vmx");
    EXPECT_EQ(again.find(3)->clones.size(), 2U);
    testing::write_file(list, again.settle());
    const auto known = SnapshotTree::read(list, std::move(again));
    EXPECT_EQ(known.find(3)->clones, reread(known).find(3)->clones);
}

TEST(SnapshotTree, AFileThatWasSealedIsNotReadUntilOthersChangeIt) {
    const testing::TempFolder folder;
    const auto list = folder.write("a.vmsd", "snapshot0.uid = \"1\"\n");
    SnapshotTree known = SnapshotTree::parse("snapshot0.uid = \"3\"\n", "text");
    if (!io::seal(list)) GTEST_SKIP() << "the file system keeps no nanoseconds";
    known.written_as(ListFiles{*io::state_of(list), {}});
    EXPECT_NE(SnapshotTree::read(list, known).find(3), nullptr);
    testing::write_file(list, "snapshot0.uid = \"2\"\n");
    EXPECT_NE(SnapshotTree::read(list, known).find(2), nullptr);
}

TEST(SnapshotTree, AClonesPlaceIsTakenByTheLast) {
    auto tree = line_with_a_branch();
    for (const char* name : {"/a.vmx", "/b.vmx", "/c.vmx", "/d.vmx"}) tree.add_clone(3, name);
    using Names = std::vector<std::string>;
    const auto expect = [&](const Names& names) {
        EXPECT_EQ(tree.find(3)->clones, names);
        EXPECT_EQ(reread(tree).find(3)->clones, names);
        const std::string count = "numClones = \"" + std::to_string(names.size()) + '"';
        EXPECT_EQ(tree.to_bytes().find(count) != std::string::npos, !names.empty());
    };
    EXPECT_TRUE(tree.remove_clone("/b.vmx"));
    expect({"/a.vmx", "/d.vmx", "/c.vmx"});
    EXPECT_TRUE(tree.remove_clone("/c.vmx"));
    expect({"/a.vmx", "/d.vmx"});
    EXPECT_FALSE(tree.remove_clone("/c.vmx"));
    EXPECT_TRUE(tree.remove_clone("/a.vmx"));
    expect({"/d.vmx"});
    EXPECT_TRUE(tree.remove_clone("/d.vmx"));
    expect({});
}

// As people leave them who delete lines.
TEST(SnapshotTree, ClonesWithGapsInTheirNumbersAreRenumbered) {
    for (const char* text : {"snapshot0.uid = \"1\"\nsnapshot0.clone0 = \"/a\"\n"
                             "snapshot0.clone2 = \"/b\"\nsnapshot0.clone3 = \"/c\"\n",
                             "snapshot0.uid = \"1\"\nsnapshot0.clone1 = \"/a\"\n"
                             "snapshot0.clone2 = \"/b\"\n"
                             "snapshot0.clone3 = \"/c\"\n",
                             "snapshot0.uid = \"1\"\nsnapshot0.clone0 = \"/a\"\n"
                             "snapshot0.clone1 = \"\"\nsnapshot0.clone2 = \"/b\"\n"
                             "snapshot0.clone3 = \"/b\"\nsnapshot0.clone4 = \"/c\"\n"}) {
        auto tree = SnapshotTree::parse(text, "text");
        EXPECT_TRUE(tree.remove_clone("/b")) << text;
        EXPECT_EQ(tree.find(1)->clones, (std::vector<std::string>{"/a", "/c"})) << text;
        EXPECT_NE(tree.to_bytes().find("clone1 = \"/c\""), std::string::npos) << text;
        EXPECT_EQ(reread(tree).find(1)->clones, tree.find(1)->clones) << text;
    }
}

TEST(SnapshotTree, ACloneThatWasRemovedCanBeAddedAgain) {
    auto tree = line_with_a_branch();
    tree.add_clone(3, "/clones/a/a.vmx");
    tree.add_clone(3, "/clones/b/b.vmx");
    EXPECT_TRUE(tree.remove_clone("/clones/a/a.vmx"));
    tree.add_clone(3, "/clones/a/a.vmx");
    EXPECT_EQ(reread(tree).find(3)->clones,
              (std::vector<std::string>{"/clones/b/b.vmx", "/clones/a/a.vmx"}));
}

TEST(SnapshotTree, ACircleOfParentsIsRefused) {
    const auto circle = [] {
        return parse(
            "snapshot0.uid = \"1\"\nsnapshot0.parent = \"2\"\n"
            "snapshot1.uid = \"2\"\nsnapshot1.parent = \"1\"\n",
            "test.vmsd");
    };
    EXPECT_EQ(code_of(circle), VIX_E_SNAPSHOT_CONFIG);
}

// The samples, and the real files if there are any.
class SnapshotTreeOfFile : public ::testing::TestWithParam<std::string> {};

TEST_P(SnapshotTreeOfFile, CanBeEditedWithoutALoss) {
    const SnapshotTree tree = parse(testing::read_file(GetParam()), "x.vmsd");
    EXPECT_EQ(testing::lost_by_writing(tree), "");
    take_and_remove_one(tree);
    SnapshotTree emptied = tree;
    while (!emptied.snapshots().empty()) {
        emptied.remove(emptied.snapshots().front().uid);
        EXPECT_EQ(testing::lost_by_writing(emptied), "");
    }
}

std::vector<std::string> readable(std::vector<std::string> files) {
    std::erase_if(files, [](const std::string& file) {
        return code_of([&] { SnapshotTree::read(file); }) != VIX_OK;
    });
    return files;
}

INSTANTIATE_TEST_SUITE_P(Sample, SnapshotTreeOfFile,
                         ::testing::ValuesIn(readable(testing::sample_files(".vmsd"))));
INSTANTIATE_TEST_SUITE_P(Real, SnapshotTreeOfFile,
                         ::testing::ValuesIn(readable(testing::real_files(".vmsd"))));

}  // namespace
}  // namespace vix::vm
