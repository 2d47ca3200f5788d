// The core's one exception type: a VIX error code plus a detail for people (what failed, where,
// what was found). The function that detects the cause chooses the code. error_codes.def has the
// numbers and the general texts.
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
    // Cuts the detail at 2000 bytes, because it may quote names from a hostile file, and replaces
    // control characters in it.
    Error(ErrorCode code, std::string detail);

    ErrorCode code() const noexcept { return code_; }
    const std::string& detail() const noexcept { return detail_; }
    const char* what() const noexcept override { return detail_.c_str(); }

  private:
    ErrorCode code_;
    std::string detail_;
};

// True for codes that mean the process ran out of a resource. Such an error says nothing about the
// file in question.
bool is_exhaustion(ErrorCode code) noexcept;

// The general text of a code, in our own words; nullptr for a number outside the list.
const char* known_error_text(std::int64_t number) noexcept;

// The same; "Unknown error <number>" for a number outside the list.
std::string error_text(std::int64_t number);

// The Error for a failed system call: "<action> <path> failed: <meaning of errno> (errno <n>)".
// `action` is like "opening".
Error system_error(int errno_value, std::string_view action, std::string_view path);

// The Error for the name of a file that is not UTF-8, where a text in UTF-8 has to name the file.
// `consequence` is like "no disk can refer to it".
Error not_utf8(std::string_view name, std::string_view consequence);

// Turns the exception being handled into an Error. Call only inside a catch block.
Error current_error() noexcept;

}  // namespace vix
