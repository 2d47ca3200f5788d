// Files of virtual machines for tests to read. The samples were made for this project and lie in
// t/data/samples. Real files were made by others and are not part of the project: they lie in the
// folder that VIX_TEST_CORPUS names, ../shared/corpus by default, and tests do without them.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

namespace vix::testing {

// A file of this project by its path in the source tree.
boost::filesystem::path project_file(const std::string& name);

boost::filesystem::path sample_file(const std::string& name);

// The paths of all files of that extension (".vmx"), in order.
std::vector<std::string> sample_files(const std::string& extension);

// The .vmx that VMware opens: all but those in folders named "broken...".
std::vector<std::string> sample_machines();

boost::filesystem::path real_folder();

// As for the samples; empty where the folder is not there.
std::vector<std::string> real_files(const std::string& extension);
std::vector<std::string> real_machines();

// Why a test on real files is skipped.
std::string no_real_file(const std::string& name);

}  // namespace vix::testing
