// Base64, with padding. By hand, because no library that the core uses has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vix {

std::string to_base64(std::string_view bytes);

// Accepts line feeds, and a text without its padding. Nothing if the text is not base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace vix
