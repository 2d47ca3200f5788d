#include "power/viewer.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "testing/process/temp_folder.h"
#include "testing/process/waiting.h"

namespace vix::power {
namespace {

using Words = std::vector<std::string>;

class Viewer : public ::testing::Test {
  protected:
    void SetUp() override {
        settings_.uri = "qemu:///session";
        unsetenv("WAYLAND_DISPLAY");
        setenv("DISPLAY", ":99", 1);
        settings_.environment = io::Environment::of_process();
    }

    testing::TempFolder folder_;
    Settings settings_;
};

TEST_F(Viewer, OfTheSettingGetsUriAndMachine) {
    settings_.viewer = "/bin/echo 'at %u' --of=%i 100%% %x";
    EXPECT_EQ(viewer_command(settings_, "ID"),
              (Words{"/bin/echo", "at qemu:///session", "--of=ID", "100%", "%x"}));
}

TEST_F(Viewer, ThatIsNotInstalledIsSaid) {
    settings_.viewer = "/no/such %i";
    EXPECT_EQ(viewer_command(settings_, "ID"), std::nullopt);
    EXPECT_EQ(open_viewer(settings_, "ID"),
              "no window is opened: the program of power.viewer is not installed");
}

TEST_F(Viewer, NeedsADisplay) {
    unsetenv("DISPLAY");
    settings_.environment = io::Environment::of_process();
    settings_.viewer = "/bin/true";
    const auto reason = open_viewer(settings_, "ID");
    ASSERT_TRUE(reason);
    EXPECT_NE(reason->find("there is no display"), std::string::npos);
}

TEST_F(Viewer, IsStarted) {
    const auto mark = folder_ / "mark";
    settings_.viewer = "/bin/sh -c 'echo \"$0\" >" + mark.string() + "' %i";
    EXPECT_EQ(open_viewer(settings_, "ID"), std::nullopt);
    EXPECT_TRUE(testing::wait_for_text(mark, "ID\n"));
}

}  // namespace
}  // namespace vix::power
