// Calls on a running virtual machine as somebody at its console would do them, for vmrun. They are
// not part of VIX.
#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/text_argument.h"

namespace vix::api {
namespace {

void console_type(Call& call, int handle, const std::string& text) {
    const auto vm = call.vm_and_texts(handle);
    vm->machine().type_keys(call, text);
}

void console_plug(Call& call, int handle, const std::string& device, int connected) {
    const auto vm = call.vm_and_texts(handle);
    require_path(device, "device");
    vm->machine().plug(call, device, connected != 0 ? power::Plug::In : power::Plug::Out);
}

constexpr CallRow kConsoleCalls[] = {
    call_row<console_type>({"Console", nullptr, "Console::Type", "vmHandle, text"}),
    call_row<console_plug>({"Console", nullptr, "Console::Plug", "vmHandle, device, connected"}),
};

}  // namespace

std::span<const CallRow> console_calls() {
    return kConsoleCalls;
}

}  // namespace vix::api
