#include "testing/disks/samples.h"

#include <algorithm>
#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <cstdlib>

namespace fs = boost::filesystem;

namespace vix::testing {
namespace {

std::vector<std::string> files_in(const fs::path& folder, const std::string& extension) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (entry.path().extension() != extension || !fs::is_regular_file(entry)) continue;
        found.push_back(entry.path().string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> without_broken(std::vector<std::string> files) {
    std::erase_if(files, [](const std::string& file) {
        return fs::path{file}.parent_path().filename().string().starts_with("broken");
    });
    return files;
}

}  // namespace

fs::path project_file(const std::string& name) {
    return fs::path{VIX_TEST_PROJECT} / name;
}

fs::path sample_file(const std::string& name) {
    return project_file("t/data/samples") / name;
}

std::vector<std::string> sample_files(const std::string& extension) {
    return files_in(project_file("t/data/samples"), extension);
}

std::vector<std::string> sample_machines() {
    return without_broken(sample_files(".vmx"));
}

fs::path real_folder() {
    const char* named = std::getenv("VIX_TEST_CORPUS");
    return named != nullptr ? fs::path{named} : project_file("../shared/corpus");
}

std::vector<std::string> real_files(const std::string& extension) {
    if (!fs::is_directory(real_folder())) return {};
    return files_in(real_folder(), extension);
}

std::vector<std::string> real_machines() {
    return without_broken(real_files(".vmx"));
}

std::string no_real_file(const std::string& name) {
    return "no " + (real_folder() / name).string() + " (VIX_TEST_CORPUS names the folder)";
}

}  // namespace vix::testing
