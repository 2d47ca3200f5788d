#include "testing/corpus.h"

#include <algorithm>
#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>

namespace fs = boost::filesystem;

namespace vix::testing {

fs::path corpus_file(const std::string& name) {
    return fs::path{VIX_TEST_CORPUS} / name;
}

std::vector<std::string> corpus_names(const std::string& extension) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{VIX_TEST_CORPUS}) {
        if (entry.path().extension() == extension) {
            found.push_back(entry.path().lexically_relative(VIX_TEST_CORPUS).string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> corpus_machines() {
    std::vector<std::string> found = corpus_names(".vmx");
    std::erase(found, "broken-quotes/Windows 10 x64.vmx");
    return found;
}

}  // namespace vix::testing
