// New, empty disks on top of others: what a machine writes to once a snapshot has frozen its disks.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"
#include "vm/config.h"
#include "vm/settings.h"

namespace vix::ops {

// The files of new disks, gone again unless keep() is called.
class ChildDisks {
  public:
    explicit ChildDisks(const vm::Settings& settings) : settings_{settings} {}
    ~ChildDisks();
    ChildDisks(const ChildDisks&) = delete;
    ChildDisks& operator=(const ChildDisks&) = delete;

    // A child of the disk of that device, beside it, under the next free snapshot name.
    void add(const vm::DiskDevice& device, const vm::Config& machine, Progress& progress);

    // A file that belongs to them and goes with them.
    void adopt(const boost::filesystem::path& file) { files_.push_back(file); }

    // Node in lower case -> what the configuration shall name.
    const std::map<std::string, std::string>& names() const { return names_; }

    // Makes the files last.
    void sync() const;
    void keep() noexcept { files_.clear(); }

  private:
    const vm::Settings& settings_;
    std::map<std::string, std::string> names_;
    std::vector<boost::filesystem::path> files_;
};

}  // namespace vix::ops
