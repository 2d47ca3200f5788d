#include "power/guest/agent_commands.h"

#include "base/error.h"

namespace vix::power {

void ping_agent(Domain& domain, int timeout_s) {
    domain.ask_agent(R"({"execute":"guest-ping"})", timeout_s);
}

bool agent_answers(Domain& domain, int timeout_s) {
    try {
        ping_agent(domain, timeout_s);
        return true;
    } catch (const Error&) {
        return false;
    }
}

void freeze_guest(Domain& domain, int timeout_s) {
    domain.ask_agent(R"({"execute":"guest-fsfreeze-freeze"})", timeout_s);
}

void thaw_guest(Domain& domain, int timeout_s) {
    domain.ask_agent(R"({"execute":"guest-fsfreeze-thaw"})", timeout_s);
}

}  // namespace vix::power
