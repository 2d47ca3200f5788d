// Files of virtual machines for tests. The samples were made for this project and are in
// t/data/samples. Real files were made by others and are not part of the project: they are in the
// folder that VIX_TEST_CORPUS names, by default ../shared/corpus, and tests run without them, too.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

namespace vix::testing {

// A file of this project, by its path in the source tree.
boost::filesystem::path project_file(const std::string& name);

boost::filesystem::path sample_file(const std::string& name);

// The sorted paths of all files with that extension (".vmx").
std::vector<std::string> sample_files(const std::string& extension);

// Each .vmx that VMware can open: all except those in folders named "broken...".
std::vector<std::string> sample_machines();

boost::filesystem::path real_folder();

// The same for real files; empty if their folder does not exist.
std::vector<std::string> real_files(const std::string& extension);
std::vector<std::string> real_machines();

// The reason for skipping a test on real files.
std::string no_real_file(const std::string& name);

}  // namespace vix::testing
