// The former snapshot lists that this process keeps beside the lists (io/files/replacement.h). They
// are deleted when the machine's handle is released and when the process ends. One that a killed
// process left is deleted with the next change of the list, or with the machine.
#pragma once

#include <boost/filesystem/path.hpp>

namespace vix::ops {

class FormerLists {
  public:
    static void keep(const boost::filesystem::path& vmx, const boost::filesystem::path& former);
    // Deletes the machine's file, if this process keeps one. While another call works on the
    // machine it stays; that call replaces it, or the next one.
    static void remove(const boost::filesystem::path& vmx) noexcept;
};

}  // namespace vix::ops
