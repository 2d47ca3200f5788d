// Calls on a running virtual machine as somebody at its console would do them, for vmrun. They are
// not part of VIX.
#include "api/calls/call.h"
#include "api/calls/call_row.h"

namespace vix::api {
namespace {

void console_type(Call& call, int handle, const std::string& text) {
    const auto vm = call.vm_and_texts(handle);
    vm->machine().type_keys(call, text);
}

constexpr CallRow kConsoleCalls[] = {
    call_row<console_type>({"Console", nullptr, "Console::Type", "vmHandle, text"}),
};

}  // namespace

std::span<const CallRow> console_calls() {
    return kConsoleCalls;
}

}  // namespace vix::api
