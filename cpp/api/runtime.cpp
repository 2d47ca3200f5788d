#include "api/runtime.h"

namespace vix::api {

Runtime& runtime() {
    static Runtime instance;
    return instance;
}

Failure& last_failure() noexcept {
    thread_local Failure failure;
    return failure;
}

}  // namespace vix::api
