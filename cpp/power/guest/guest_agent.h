// The guest of a running machine, through its QEMU guest agent: whether it answers, programs, and
// bytes of files. guest_session builds on it.
//
// The agent is root in its guest. Each word from a caller is passed as an argument of its own,
// never inside a text that a shell reads.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "power/libvirt/libvirt.h"
#include "power/libvirt/run_settings.h"

namespace vix::power {

enum class Output { Drop, Capture };

struct GuestProgram {
    std::vector<std::string> words;        // the program and its arguments
    std::vector<std::string> environment;  // "NAME=value"; empty: the agent's own
    Output output = Output::Drop;
};

struct GuestExit {
    int code = 0;  // 128 + the signal's number if it was killed
    std::string output;
    std::string errors;
};

// Maps the text of a program's or the agent's error ("No such file or directory") to a code;
// `usual` if it contains no known reason. There is no number to use, but the text is always
// English: programs run in the language C, and the agent never calls setlocale().
ErrorCode code_from_words(std::string_view words, ErrorCode usual);
ErrorCode code_of_refusal(std::string_view words);  // `usual` is VIX_E_FAIL
using RefusalCode = ErrorCode (*)(std::string_view words);

class GuestAgent {
  public:
    // Error VIX_E_TOOLS_NOT_RUNNING if the machine does not run in the libvirt that we reach.
    GuestAgent(const Settings& settings, const boost::filesystem::path& vmx);

    Domain& machine() { return domain_; }

    bool answers(int timeout_s);
    // Errors: VIX_E_TIMEOUT_WAITING_FOR_TOOLS; VIX_E_VM_NOT_RUNNING if the machine ends meanwhile.
    // Waits without limit if timeout_s is not above 0.
    void wait_until_answers(int timeout_s, Progress& progress);

    // Returns the process id. Errors: VIX_E_PROGRAM_NOT_STARTED; VIX_E_OPERATION_DISABLED if the
    // agent may not start programs.
    std::int64_t start(const GuestProgram& program);
    // Nothing while the program runs. Call it until the program has ended, and once only after
    // that, because the agent then forgets the program.
    std::optional<GuestExit> exit_of(std::int64_t pid);
    GuestExit wait_for(std::int64_t pid, Progress& progress);

    // A file in the guest, opened as root with a mode of C's fopen(). The destructor closes it.
    class File {
      public:
        File(GuestAgent& agent, const std::string& path, const char* mode);
        ~File();
        File(const File&) = delete;
        File& operator=(const File&) = delete;

        // These are 64 KiB in base64. libvirt gets stuck in a command that is larger than what the
        // socket to QEMU takes at once, some 200 KiB, and larger chunks are no faster.
        static constexpr std::size_t kChunk = std::size_t{48} * 1024;

        // Returns at most kChunk bytes; empty at the end.
        std::string read();
        // Expects at most kChunk bytes.
        void write(std::string_view bytes);
        // When it returns, all written bytes have arrived in the guest.
        void close();

      private:
        // Runs a read or write command at the position. Returns the reply's "return", as JSON.
        std::string transfer(const std::string& command);

        GuestAgent& agent_;
        std::int64_t handle_;
        std::uint64_t position_ = 0;
        bool open_ = true;
    };

    std::string read_file(const std::string& path, std::size_t limit);

    // The guest's first IPv4 address that is not of its loopback card, else its first IPv6 address
    // that is not link-local; empty if there is none.
    std::string address();

    // Done by the machine, not by its guest; see Domain::screenshot().
    std::string screenshot() { return domain_.screenshot(); }

  private:
    // Returns the whole reply, as JSON. A command that was not sent because the guest is busy is
    // sent again until the time is over.
    std::string ask(const std::string& command, int timeout_s,
                    RefusalCode refusal_code = code_of_refusal);
    std::string ask_until_sent(const std::string& command, int timeout_s);

    Connection connection_;
    std::string machine_;  // the .vmx, for error details
    Domain domain_;
};

}  // namespace vix::power
