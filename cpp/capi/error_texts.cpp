#include "capi/error_texts.h"

#include "api/simple.h"

namespace vix::capi {

const char* ErrorTexts::of(VixError error) noexcept {
    try {
        std::string text = api::error_text(static_cast<std::int64_t>(VIX_ERROR_CODE(error)));
        const std::lock_guard lock{mutex_};
        if (const auto found = texts_.find(text); found != texts_.end()) return found->c_str();
        const std::string detail = api::last_error_detail();
        const bool has_detail = !detail.empty() && text.ends_with(": " + detail);
        if (has_detail && used_ + text.size() > kLimit) {
            text.resize(text.size() - detail.size() - 2);
        } else if (has_detail) {
            used_ += text.size();
        }
        return texts_.insert(std::move(text)).first->c_str();
    } catch (...) {
        return "Not enough memory for the text of the error";
    }
}

ErrorTexts& error_texts() noexcept {
    static ErrorTexts& instance = *new ErrorTexts;  // NOLINT: never destroyed
    return instance;
}

}  // namespace vix::capi
