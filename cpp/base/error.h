// Failure in the core: one exception type that carries a VIX error code, chosen at the place that
// knows, and a detail that says what, where and what was found. The numbers and the general texts
// come from error_codes.def; the detail is for people and travels beside the code to the caller.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace vix {

enum ErrorCode : std::uint16_t {
#define VIX_ERROR(name, number, text) name = number,
#include "base/error_codes.def"
#undef VIX_ERROR
};

class [[nodiscard]] Error : public std::exception {
  public:
    // A detail may quote a hostile file's names; what is longer than a screen is cut.
    Error(ErrorCode code, std::string detail);

    ErrorCode code() const noexcept { return code_; }
    const std::string& detail() const noexcept { return detail_; }
    const char* what() const noexcept override { return detail_.c_str(); }

  private:
    ErrorCode code_;
    std::string detail_;
};

// The process has too little of something, which says nothing about what it was looking at.
bool is_exhaustion(ErrorCode code) noexcept;

// The general text of a code, in our own words; a number outside the list gets a text that says so.
std::string error_text(std::int64_t number);

// The Error for a failed system call: "<action> <path>: <what errno means> (errno <n>)".
Error system_error(int errno_value, std::string_view action, std::string_view path);

// Turns the exception being handled into an Error. Call only inside a catch block.
Error current_error() noexcept;

}  // namespace vix
