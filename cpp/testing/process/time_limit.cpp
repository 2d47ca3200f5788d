// Limits the time of each test, because many tests share a process: a test that hangs must not hang
// the others silently. After VIX_TEST_LIMIT seconds (default 300, far above all that our own calls
// and tests wait for) the process names the test and ends by SIGALRM. 0 means no limit.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace vix::testing {
namespace {

constexpr unsigned kDefaultLimit_s = 300;

std::string& message() {
    static std::string text;
    return text;
}

// Only calls that a signal handler may make.
void report_and_end(int signal_number) {
    const auto written = write(STDERR_FILENO, message().data(), message().size());
    static_cast<void>(written);
    raise(signal_number);  // SA_RESETHAND: ends the process
}

class TimeLimit : public ::testing::EmptyTestEventListener {
  public:
    explicit TimeLimit(unsigned limit_s) : limit_s_{limit_s} {}

    void OnTestStart(const ::testing::TestInfo& test) override {
        message() =
            std::string{"[ TIMEOUT  ] "} + test.test_suite_name() + '.' + test.name() + '\n';
        struct sigaction action {};
        action.sa_handler = report_and_end;
        action.sa_flags = SA_RESETHAND | SA_NODEFER;
        sigaction(SIGALRM, &action, nullptr);
        alarm(limit_s_);
    }
    void OnTestEnd(const ::testing::TestInfo&) override { alarm(0); }

  private:
    unsigned limit_s_;
};

const bool kIsLimited = [] {
    const char* set = getenv("VIX_TEST_LIMIT");
    const auto limit_s =
        set == nullptr ? kDefaultLimit_s : static_cast<unsigned>(strtoul(set, nullptr, 10));
    if (limit_s != 0)
        ::testing::UnitTest::GetInstance()->listeners().Append(new TimeLimit{limit_s});
    return true;
}();

}  // namespace
}  // namespace vix::testing
