#include "ops/machine/shared_folders.h"

#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>

#include "testing/machines/machines.h"
#include "testing/machines/running.h"
#include "testing/process/failure.h"

namespace vix::ops {
namespace {

namespace fs = boost::filesystem;
using testing::code_of;

class SharedFolders : public ::testing::Test {
  protected:
    SharedFolders() { fs::create_directory(folder_ / "data"); }

    void write(const std::string& text) const { testing::write_file(vmx_, text); }
    std::string text() const { return testing::read_file(vmx_); }
    std::string data() const { return (folder_ / "data").string(); }

    // Returns the folders as "name=path:flags ".
    std::string folders() const {
        std::string all;
        for (const SharedFolder& folder : shared_folders(vmx_, settings_)) {
            all += folder.name + "=" + folder.host_path + ":" + std::to_string(folder.flags) + " ";
        }
        return all;
    }
    void add(const std::string& name, const std::string& path, int flags = 0) const {
        add_shared_folder(vmx_, {name, path, flags}, settings_, unhindered_);
    }
    void set(const std::string& name, const std::string& path, int flags) const {
        set_shared_folder(vmx_, {name, path, flags}, settings_, unhindered_);
    }
    void remove(const std::string& name) const {
        remove_shared_folder(vmx_, name, settings_, unhindered_);
    }

    testing::TempFolder folder_;
    fs::path vmx_ = folder_.write("vm.vmx", "displayName = \"vm\"\n");
    mutable Progress unhindered_;
    vm::Settings settings_ = testing::plain_settings();
};

TEST_F(SharedFolders, AreWrittenAsVmwareDoes) {
    add("docs", data(), kSharedFolderWritable);
    EXPECT_EQ(text(),
              "displayName = \"vm\"\n"
              "sharedFolder0.present = \"TRUE\"\n"
              "sharedFolder0.enabled = \"TRUE\"\n"
              "sharedFolder0.readAccess = \"TRUE\"\n"
              "sharedFolder0.writeAccess = \"TRUE\"\n"
              "sharedFolder0.hostPath = \"" +
                  data() +
                  "\"\n"
                  "sharedFolder0.guestName = \"docs\"\n"
                  "sharedFolder0.expiration = \"never\"\n"
                  "sharedFolder.maxNum = \"1\"\n");
    EXPECT_EQ(folders(), "docs=" + data() + ":4 ");
}

TEST_F(SharedFolders, AreReadAsTheyStand) {
    write(
        "sharedfolder0.present = \"TRUE\"\nsharedFolder0.guestName = \"Home\"\n"
        "sharedFolder0.hostPath = \"D:\\x\"\nsharedFolder0.writeAccess = \"true\"\n"
        "sharedFolder1.present = \"FALSE\"\nsharedFolder1.guestName = \"gone\"\n"
        "sharedFolder2.present = \"TRUE\"\n# sharedFolder2.guestName = \"nameless\"\n"
        "sharedFolder.maxNum = \"3\"\n");
    EXPECT_EQ(folders(), "Home=D:\\x:4 ");
}

TEST_F(SharedFolders, UseASlotThatIsNotPresentAgain) {
    write("sharedFolder0.present = \"FALSE\"\nsharedFolder.maxNum = \"1\"\n");
    add("docs", data());
    EXPECT_TRUE(testing::contains(text(),
                                  "sharedFolder0.present = \"TRUE\"\n"
                                  "sharedFolder.maxNum = \"1\"\n"));
    EXPECT_EQ(folders(), "docs=" + data() + ":0 ");
}

TEST_F(SharedFolders, MoveDownWhenOneIsRemoved) {
    add("a", data());
    add("b", data(), 4);
    add("c", data());
    remove("A");
    EXPECT_EQ(folders(), "b=" + data() + ":4 c=" + data() + ":0 ");
    EXPECT_TRUE(testing::contains(text(), "sharedFolder.maxNum = \"2\"\n"));
    EXPECT_FALSE(testing::contains(text(), "sharedFolder2."));
}

TEST_F(SharedFolders, ChangePathAndAccess) {
    fs::create_directory(folder_ / "other");
    add("docs", data());
    set("DOCS", (folder_ / "other").string(), 4);
    EXPECT_EQ(folders(), "docs=" + (folder_ / "other").string() + ":4 ");
}

TEST_F(SharedFolders, HaveNamesOnce) {
    add("docs", data());
    EXPECT_EQ(code_of([&] { add("Docs", data()); }), VIX_E_ALREADY_EXISTS);
    EXPECT_EQ(code_of([&] { set("none", data(), 0); }), VIX_E_NOT_FOUND);
    EXPECT_EQ(code_of([&] { remove("none"); }), VIX_E_NOT_FOUND);
}

TEST_F(SharedFolders, AreFoldersOfTheHost) {
    EXPECT_EQ(code_of([&] { add("a", data() + "/none"); }), VIX_E_FILE_NOT_FOUND);
    EXPECT_EQ(code_of([&] { add("a", vmx_.string()); }), VIX_E_INCORRECT_FILE_TYPE);
    EXPECT_EQ(code_of([&] { add("a", "data"); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of([&] { add("a", "C:\\data"); }), VIX_E_FILE_NAME_INVALID);
    settings_.path_map.map_drive('C', folder_.path());
    add("a", "C:\\data");
    EXPECT_EQ(folders(), "a=C:\\data:0 ");
}

TEST_F(SharedFolders, RefuseOddNamesAndFlags) {
    EXPECT_EQ(code_of([&] { add("", data()); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of([&] { add("a/b", data()); }), VIX_E_INVALID_ARG);
    EXPECT_EQ(code_of([&] { add("a", data(), 1); }), VIX_E_INVALID_ARG);
}

TEST_F(SharedFolders, AreSwitchedAsAWhole) {
    enable_shared_folders(vmx_, true, settings_, unhindered_);
    EXPECT_TRUE(testing::contains(text(), "isolation.tools.hgfs.disable = \"FALSE\"\n"));
    enable_shared_folders(vmx_, false, settings_, unhindered_);
    EXPECT_TRUE(testing::contains(text(), "isolation.tools.hgfs.disable = \"TRUE\"\n"));
}

TEST_F(SharedFolders, OfARunningMachineStay) {
    const testing::RunningElsewhere running{vmx_};
    EXPECT_EQ(code_of([&] { add("a", data()); }), VIX_E_VM_IS_RUNNING);
    EXPECT_EQ(folders(), "");
}

}  // namespace
}  // namespace vix::ops
