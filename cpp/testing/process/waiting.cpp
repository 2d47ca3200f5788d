#include "testing/process/waiting.h"

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <thread>

#include "testing/process/temp_folder.h"

namespace vix::testing {
namespace {

constexpr auto kPatience = std::chrono::minutes{3};
constexpr auto kPoll = std::chrono::milliseconds{20};

}  // namespace

bool wait_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
        if (holds()) return true;
        std::this_thread::sleep_for(kPoll);
    }
    return false;
}

bool wait_for_text(const boost::filesystem::path& file, const std::string& text) {
    return wait_until(
        [&] { return fs::exists(file) && read_file(file).find(text) != std::string::npos; });
}

}  // namespace vix::testing
