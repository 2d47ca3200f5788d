#include "api/handles/runtime.h"

namespace vix::api {

Runtime& runtime() {
    static Runtime& instance = *new Runtime;  // NOLINT: jobs' threads use it until the process ends
    return instance;
}

Failure& last_failure() noexcept {
    thread_local Failure failure;
    return failure;
}

}  // namespace vix::api
