// The files of other makers in t/data/corpus: real configurations, descriptors, disks and locks.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <vector>

namespace vix::testing {

boost::filesystem::path corpus_file(const std::string& name);

// The names of all files of that extension (".vmx"), in order.
std::vector<std::string> corpus_names(const std::string& extension);

// The .vmx that VMware opens: all but the one of which lines are broken.
std::vector<std::string> corpus_machines();

}  // namespace vix::testing
