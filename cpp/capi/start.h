// What the generated functions of VIX are made of: one for each call of the core's table.
#pragma once

#include <cstddef>
#include <cstdint>

#include "api/call_table.h"
#include "capi/exports.h"

namespace vix::capi {

inline api::Argument number(std::int64_t value) noexcept {
    return {value, {}};
}

// Of a Bool the caller fills one byte, whatever the rest of the register holds.
inline api::Argument truth(Bool value) noexcept {
    return {static_cast<unsigned char>(value), {}};
}

// What 64 bits without a sign hold beyond those with one is no process id.
inline api::Argument number(std::uint64_t value) noexcept {
    return {value > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(value), {}};
}

inline api::Argument number(int value) noexcept {
    return {value, {}};
}

inline api::Argument text(const char* value) noexcept {
    return {0, value == nullptr ? std::string_view{} : std::string_view{value}};
}

// The job's handle; VIX_INVALID_HANDLE only when memory or handles are used up.
VixHandle start(std::size_t call, const api::Argument* arguments, VixEventProc* proc,
                void* data) noexcept;

// VixHost_Connect: old programs pass the API versions of their time, and the option
// VIX_HOSTOPTION_USE_EVENT_PUMP holds for the callback of this call already. `arguments` are its
// own.
VixHandle start_connect(std::size_t call, api::Argument* arguments, VixEventProc* proc,
                        void* data) noexcept;

}  // namespace vix::capi
