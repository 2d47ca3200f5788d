// A virtual machine that another product runs: a live lock in VMware's form, without our own
// field, held by this process.
#pragma once

#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <boost/filesystem/path.hpp>
#include <string>

#include "io/files/file.h"
#include "io/locks/lock.h"

namespace vix::testing {

class RunningElsewhere {
  public:
    explicit RunningElsewhere(const boost::filesystem::path& vmx) : folder_{io::lock_folder(vmx)} {
        std::string text;
        {
            const io::Lock own{vmx, io::LockKind::Exclusive};
            for (const auto& entry : boost::filesystem::directory_iterator{folder_}) {
                text = io::read_text(entry.path(), 512);
            }
        }
        auto member = *io::parse_lock_member(text);
        member.ours = false;
        boost::filesystem::create_directory(folder_);
        io::File::create(folder_ / "M00042.lck", 0644)
            .write_at(0, io::as_bytes(io::to_text(member, folder_)));
    }
    ~RunningElsewhere() { boost::filesystem::remove_all(folder_); }
    RunningElsewhere(const RunningElsewhere&) = delete;
    RunningElsewhere& operator=(const RunningElsewhere&) = delete;

  private:
    boost::filesystem::path folder_;
};

}  // namespace vix::testing
