// The guest of a machine that runs, through the QEMU guest agent in it: whether it answers,
// programs, and bytes of files. What is done with them there is in guest_session.
//
// The agent is root in its guest. Every word that comes from a caller goes to it as an argument of
// its own, never as part of a text that a shell reads.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "power/libvirt.h"
#include "power/settings.h"

namespace vix::power {

enum class Output { Drop, Capture };

struct GuestProgram {
    std::vector<std::string> words;        // the program and its arguments
    std::vector<std::string> environment;  // "NAME=value", instead of the agent's own; empty: that
    Output output = Output::Drop;
};

struct GuestExit {
    int code = 0;  // 128 and the signal's number for one that was killed
    std::string output;
    std::string errors;
};

// The error behind the words of a program or of the agent: "No such file or directory" and its
// like. `usual` where they say nothing known. They give no number, but they are in the language C
// whatever the guest's is: programs are started so, and the agent never calls setlocale().
ErrorCode code_from_words(std::string_view words, ErrorCode usual);
ErrorCode code_of_refusal(std::string_view words);  // usually VIX_E_FAIL
using RefusalCode = ErrorCode (*)(std::string_view words);

class GuestAgent {
  public:
    // Error VIX_E_TOOLS_NOT_RUNNING when it does not run in a libvirt that we reach.
    GuestAgent(const Settings& settings, const boost::filesystem::path& vmx);

    Domain& machine() { return domain_; }

    bool answers(int timeout_s);
    // Errors: VIX_E_TIMEOUT_WAITING_FOR_TOOLS; VIX_E_VM_NOT_RUNNING when it ends meanwhile. Waits
    // for ever if the time is not above 0.
    void wait_until_answers(int timeout_s, Progress& progress);

    // Gives its process id. Error VIX_E_PROGRAM_NOT_STARTED.
    std::int64_t start(const GuestProgram& program);
    // Nothing while it runs; to be asked until it has ended, and once only after that.
    std::optional<GuestExit> exit_of(std::int64_t pid);
    GuestExit wait_for(std::int64_t pid, Progress& progress);

    // A file in the guest, as root; closed when it goes. The mode is that of C's fopen().
    class File {
      public:
        File(GuestAgent& agent, const std::string& path, const char* mode);
        ~File();
        File(const File&) = delete;
        File& operator=(const File&) = delete;

        // 64 KiB on their way: libvirt stops in the midst of a command that is larger than what the
        // socket to QEMU takes at once, some 200 KiB, and larger ones are no faster.
        static constexpr std::size_t kChunk = std::size_t{48} * 1024;

        // At most a chunk; empty at the end.
        std::string read();
        // A chunk at most.
        void write(std::string_view bytes);
        // What was written has arrived when it returns.
        void close();

      private:
        // Reads or writes at the position; the answer's "return", as JSON.
        std::string transfer(const std::string& command);

        GuestAgent& agent_;
        std::int64_t handle_;
        std::uint64_t position_ = 0;
        bool open_ = true;
    };

    std::string read_file(const std::string& path, std::size_t limit);

    // The guest's first address of IPv4 that is not its own loop's, or else of IPv6; empty: none.
    std::string address();

    // Not the guest's work but its machine's; see Domain::screenshot().
    std::string screenshot() { return domain_.screenshot(); }

  private:
    // The whole answer, as JSON. What was not sent because the guest is busy is sent again until
    // that time is over.
    std::string ask(const std::string& command, int timeout_s,
                    RefusalCode refusal_code = code_of_refusal);
    std::string ask_until_sent(const std::string& command, int timeout_s);

    Connection connection_;
    std::string machine_;  // the .vmx, for details
    Domain domain_;
};

// As a shell splits a command line: blanks between words, quotes and backslashes, but nothing is
// expanded. Error VIX_E_INVALID_ARG for a quote without its end.
std::vector<std::string> split_words(std::string_view text);

std::string to_base64(std::string_view bytes);
// Error VIX_E_FAIL for what is none.
std::string from_base64(std::string_view text);

}  // namespace vix::power
