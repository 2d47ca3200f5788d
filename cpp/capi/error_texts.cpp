#include "capi/error_texts.h"

#include "api/simple.h"

namespace vix::capi {

const char* ErrorTexts::of(VixError error) noexcept {
    const auto code = static_cast<std::int64_t>(VIX_ERROR_CODE(error));
    const char* general = api::general_error_text(code);
    if (general != nullptr && api::error_detail(code).empty()) return general;
    try {
        std::string text = api::error_text(code);
        const std::lock_guard lock{mutex_};
        if (const auto found = texts_.find(text); found != texts_.end()) return found->c_str();
        if (general != nullptr) {
            if (used_ + text.size() > kLimit) return general;
            used_ += text.size();
        }
        return texts_.insert(std::move(text)).first->c_str();
    } catch (...) {
        return general != nullptr ? general : "Not enough memory for the text of the error";
    }
}

ErrorTexts& error_texts() noexcept {
    static ErrorTexts& instance = *new ErrorTexts;  // NOLINT: never destroyed
    return instance;
}

}  // namespace vix::capi
