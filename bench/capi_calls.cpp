// What a call costs through libvixAllProducts.so, against the core's own interface. Both are in
// this process: the core is linked, the library is opened. The same call goes through one and the
// other in turn, in rounds so short that one is seldom interrupted.
//
//   capi_calls LIBRARY VMX [ROUNDS]
//
// Built by cmake --build build --target vixcapi_bench. Prints a line for each call: nanoseconds
// through the core and through the library in the fastest rounds, and how much more that is; then
// the median of what the pairs of rounds differ by.
#include <dlfcn.h>
#include <vix.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "api/call_table.h"
#include "api/jobs.h"
#include "api/simple.h"

using namespace vix;

namespace {

void* library = nullptr;

template <class Function>
Function* function_of(const char* name) {
    void* found = dlsym(library, name);
    if (found == nullptr) {
        std::fprintf(stderr, "%s: %s\n", name, dlerror());
        std::exit(EXIT_FAILURE);
    }
    return reinterpret_cast<Function*>(found);
}

#define VIX(name) function_of<decltype(name)>(#name)

std::size_t call_named(const std::string& package, const std::string& name) {
    for (std::size_t i = 0; i < api::call_count(); ++i) {
        const api::CallDescription& call = api::call_description(i);
        if (call.name != nullptr && package == call.package && name == call.name) return i;
    }
    std::abort();
}

double nanoseconds_of(const std::function<void()>& work, int repeats) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) work();
    const std::chrono::duration<double, std::nano> gone = std::chrono::steady_clock::now() - begin;
    return gone.count() / repeats;
}

int rounds = 200;

void compare(const char* name, int repeats, const std::function<void()>& core,
             const std::function<void()>& c) {
    double best_core = 1e18;
    double best_c = 1e18;
    std::vector<double> ratios;
    for (int i = 0; i < rounds; ++i) {
        const double of_core = nanoseconds_of(core, repeats);
        const double of_c = nanoseconds_of(c, repeats);
        best_core = std::min(best_core, of_core);
        best_c = std::min(best_c, of_c);
        ratios.push_back(of_c / of_core);
    }
    const auto middle = ratios.begin() + rounds / 2;
    std::nth_element(ratios.begin(), middle, ratios.end());
    std::printf("%-38s %8.0f ns %8.0f ns %+7.1f %% %+7.1f %%\n", name, best_core, best_c,
                (best_c / best_core - 1) * 100, (*middle - 1) * 100);
}

int finish(api::Handle job) {
    while (!api::job_wait(job, 50)) {
    }
    const int error = api::job_error(job);
    api::release_handle(job);
    return error;
}

api::Handle handle_of(api::Handle job) {
    while (!api::job_wait(job, 50)) {
    }
    const int id = VIX_PROPERTY_JOB_RESULT_HANDLE;
    const auto result = api::job_result(job, &id, 1);
    api::release_handle(job);
    const auto* handle = std::get_if<std::int64_t>(&result.values[0]);
    return handle == nullptr ? VIX_INVALID_HANDLE : static_cast<api::Handle>(*handle);
}

void ignore(VixHandle, VixEventType, VixHandle, void*) {}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) return 2;
    library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    if (count > 3) rounds = std::atoi(arguments[3]);
    const char* vmx = arguments[2];
    const auto wait = VIX(VixJob_Wait);
    const auto release = VIX(Vix_ReleaseHandle);
    const auto open = VIX(VixVM_Open);
    const auto logout = VIX(VixVM_LogoutFromGuest);
    const auto get = VIX(Vix_GetProperties);
    const auto free_buffer = VIX(Vix_FreeBuffer);

    const std::size_t connect_call = call_named("Host", "Connect");
    const std::size_t open_call = call_named("VM", "Open");
    const std::size_t logout_call = call_named("VM", "LogoutFromGuest");
    const api::Argument connect_arguments[] = {{-1, {}}, {3, {}}, {0, {}}, {0, {}},
                                               {0, {}},  {0, {}}, {0, {}}, {0, {}}};
    const api::Handle host =
        handle_of(api::start_call(connect_call, connect_arguments, api::Events::Drop));
    const api::Argument open_arguments[] = {{host, {}}, {0, vmx}};
    const api::Handle vm = handle_of(api::start_call(open_call, open_arguments, api::Events::Drop));

    VixHandle c_host = VIX_INVALID_HANDLE;
    VixHandle c_vm = VIX_INVALID_HANDLE;
    wait(VIX(VixHost_Connect)(-1, 3, nullptr, 0, nullptr, nullptr, 0, 0, nullptr, nullptr),
         VIX_PROPERTY_JOB_RESULT_HANDLE, &c_host, VIX_PROPERTY_NONE);
    wait(open(c_host, vmx, nullptr, nullptr), VIX_PROPERTY_JOB_RESULT_HANDLE, &c_vm,
         VIX_PROPERTY_NONE);
    if (vm <= 0 || c_vm <= 0) return 1;

    std::printf("%-38s %11s %11s %9s %9s\n", "call", "core", "library", "fastest", "median");
    compare(
        "VM_LogoutFromGuest, waited for", 50,
        [&] {
            const api::Argument one[] = {{vm, {}}};
            finish(api::start_call(logout_call, one, api::Events::Drop));
        },
        [&] {
            const VixHandle job = logout(c_vm, nullptr, nullptr);
            wait(job, VIX_PROPERTY_NONE);
            release(job);
        });
    compare(
        "VM_Open, handle read", 10,
        [&] {
            api::release_handle(
                handle_of(api::start_call(open_call, open_arguments, api::Events::Drop)));
        },
        [&] {
            VixHandle handle = VIX_INVALID_HANDLE;
            const VixHandle job = open(c_host, vmx, nullptr, nullptr);
            wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &handle, VIX_PROPERTY_NONE);
            release(job);
            release(handle);
        });
    compare(
        "GetProperties of a machine, 3", 20,
        [&] {
            const int ids[] = {VIX_PROPERTY_VM_NAME, VIX_PROPERTY_VM_NUM_VCPUS,
                               VIX_PROPERTY_VM_IS_RUNNING};
            api::get_properties(vm, ids, 3);
        },
        [&] {
            char* name = nullptr;
            int number = 0;
            Bool running = FALSE;
            get(c_vm, VIX_PROPERTY_VM_NAME, &name, VIX_PROPERTY_VM_NUM_VCPUS, &number,
                VIX_PROPERTY_VM_IS_RUNNING, &running, VIX_PROPERTY_NONE);
            free_buffer(name);
        });
    compare(
        "VM_GetNumRootSnapshots", 20, [&] { api::vm_get_num_root_snapshots(vm); },
        [&, count_roots = VIX(VixVM_GetNumRootSnapshots)] {
            int number = 0;
            count_roots(c_vm, &number);
        });
    compare(
        "GetHandleType", 2000, [&] { api::get_handle_type(vm); },
        [&, type = VIX(Vix_GetHandleType)] { type(c_vm); });
    compare(
        "GetErrorText", 2000, [&] { api::error_text(VIX_E_FILE_NOT_FOUND); },
        [&, text = VIX(Vix_GetErrorText)] { text(VIX_E_FILE_NOT_FOUND, nullptr); });
    compare(
        "GetProperties of a host, 1", 2000,
        [&] {
            const int id = VIX_PROPERTY_HOST_HOSTTYPE;
            api::get_properties(host, &id, 1);
        },
        [&] {
            int number = 0;
            get(c_host, VIX_PROPERTY_HOST_HOSTTYPE, &number, VIX_PROPERTY_NONE);
        });
    compare(
        "GetProperties of a host, 3", 2000,
        [&] {
            const int ids[] = {VIX_PROPERTY_HOST_HOSTTYPE, VIX_PROPERTY_HOST_API_VERSION,
                               VIX_PROPERTY_HOST_SOFTWARE_VERSION};
            api::get_properties(host, ids, 3);
        },
        [&] {
            int number = 0;
            char* text = nullptr;
            get(c_host, VIX_PROPERTY_HOST_HOSTTYPE, &number, VIX_PROPERTY_HOST_API_VERSION, &number,
                VIX_PROPERTY_HOST_SOFTWARE_VERSION, &text, VIX_PROPERTY_NONE);
            free_buffer(text);
        });
    compare(
        "GetPropertyType", 2000, [&] { api::get_property_type(vm, VIX_PROPERTY_VM_NAME); },
        [&, type_of = VIX(Vix_GetPropertyType)] {
            VixPropertyType type = 0;
            type_of(c_vm, VIX_PROPERTY_VM_NAME, &type);
        });
    compare(
        "AllocPropertyList, 2 values", 500,
        [&] {
            const api::PropertyInput inputs[] = {
                {VIX_PROPERTY_VM_NUM_VCPUS, api::InputKind::Number, 2, {}},
                {VIX_PROPERTY_VM_ENCRYPTION_PASSWORD, api::InputKind::Text, 0, "secret"}};
            api::release_handle(api::alloc_property_list(host, inputs, 2).handle);
        },
        [&, alloc = VIX(VixPropertyList_AllocPropertyList)] {
            VixHandle list = VIX_INVALID_HANDLE;
            alloc(c_host, &list, VIX_PROPERTY_VM_NUM_VCPUS, 2, VIX_PROPERTY_VM_ENCRYPTION_PASSWORD,
                  "secret", VIX_PROPERTY_NONE);
            release(list);
        });
    const api::Handle job = api::start_call(open_call, open_arguments, api::Events::Drop);
    while (!api::job_wait(job, 50)) {
    }
    const VixHandle c_job = open(c_host, vmx, nullptr, nullptr);
    wait(c_job, VIX_PROPERTY_NONE);
    compare(
        "Job_CheckCompletion", 2000, [&] { api::job_completion(job); },
        [&, complete_of = VIX(VixJob_CheckCompletion)] {
            Bool complete = FALSE;
            complete_of(c_job, &complete);
        });
    compare(
        "Job_Wait of an ended job, handle read", 500,
        [&] {
            while (!api::job_wait(job, 50)) {
            }
            const int id = VIX_PROPERTY_JOB_RESULT_HANDLE;
            const auto result = api::job_result(job, &id, 1);
            const auto* handle = std::get_if<std::int64_t>(&result.values[0]);
            api::release_handle(static_cast<api::Handle>(*handle));
        },
        [&] {
            VixHandle handle = VIX_INVALID_HANDLE;
            wait(c_job, VIX_PROPERTY_JOB_RESULT_HANDLE, &handle, VIX_PROPERTY_NONE);
            release(handle);
        });
    compare(
        "a dead handle, and its text", 200,
        [&] {
            const int id = VIX_PROPERTY_VM_NAME;
            api::error_text(api::get_properties(7, &id, 1).error);
        },
        [&, text_of = VIX(Vix_GetErrorText)] {
            char* name = nullptr;
            text_of(get(7, VIX_PROPERTY_VM_NAME, &name, VIX_PROPERTY_NONE), nullptr);
        });
    compare(
        "VM_LogoutFromGuest, callback or events", 50,
        [&] {
            const api::Argument one[] = {{vm, {}}};
            const api::Handle job = api::start_call(logout_call, one, api::Events::Keep);
            while (!api::job_wait(job, 50)) {
            }
            api::JobEvent event{};
            while (api::next_event(job, event) == api::EventOutcome::Event) {
            }
            api::release_handle(job);
        },
        [&] {
            const VixHandle job = logout(c_vm, ignore, nullptr);
            wait(job, VIX_PROPERTY_NONE);
            release(job);
        });
    return 0;
}
