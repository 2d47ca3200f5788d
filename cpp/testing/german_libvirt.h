// A libvirt daemon for one test that reports its errors in German. It has its own sockets, settings
// and state, so the daemon of the host does not notice it. It ends with this object or with the
// test's process, and takes the machines that it runs along.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdio>
#include <string>

namespace vix::testing {

class GermanLibvirt {
  public:
    // What is missing to run one; empty where nothing is.
    static std::string why_not();

    // Starts it and waits until it answers. `folder` exists, and its name is short and has neither
    // blanks nor quotes.
    explicit GermanLibvirt(boost::filesystem::path folder);
    // Waits until all its processes have ended.
    ~GermanLibvirt();
    GermanLibvirt(const GermanLibvirt&) = delete;
    GermanLibvirt& operator=(const GermanLibvirt&) = delete;

    std::string uri() const;  // for the setting power.uri
    bool answers() const;
    std::string log() const;  // what it printed

  private:
    boost::filesystem::path socket() const;

    boost::filesystem::path folder_;
    std::FILE* input_;  // it runs until this closes
};

}  // namespace vix::testing
