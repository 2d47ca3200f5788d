// Runs a libvirt daemon for one test that reports its errors in German. It has its own sockets,
// settings and state, so the host's daemon is not affected. The daemon and its machines end with
// this object or with the test's process.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdio>
#include <string>

namespace vix::testing {

class GermanLibvirt {
  public:
    // Which prerequisite is missing; empty if none is.
    static std::string why_not();

    // Starts the daemon and waits until it answers. `folder` must exist; its name must be short,
    // without blanks and quotes.
    explicit GermanLibvirt(boost::filesystem::path folder);
    // Waits until all its processes have ended.
    ~GermanLibvirt();
    GermanLibvirt(const GermanLibvirt&) = delete;
    GermanLibvirt& operator=(const GermanLibvirt&) = delete;

    std::string uri() const;  // for the setting power.uri
    bool answers() const;
    std::string log() const;  // what the daemon printed

  private:
    boost::filesystem::path socket() const;

    boost::filesystem::path folder_;
    std::FILE* input_;  // the daemon runs until this is closed
};

}  // namespace vix::testing
