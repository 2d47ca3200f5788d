// The C interface with arguments of all kinds: handles that live, are dead or were never there, and
// lists of properties without types. The input is a program: a byte for the function, then what it
// takes. Each place for a value is memory of exactly its size, so that a byte too much is found;
// and at the end all handles are released, and none is left.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/simple.h"
#include "capi/exports.h"

using namespace vix;

namespace {

// Properties of each type, and numbers that are none.
constexpr int kIds[] = {VIX_PROPERTY_HOST_HOSTTYPE,
                        VIX_PROPERTY_HOST_API_VERSION,
                        VIX_PROPERTY_HOST_SOFTWARE_VERSION,
                        VIX_PROPERTY_VM_NUM_VCPUS,
                        VIX_PROPERTY_VM_READ_ONLY,
                        VIX_PROPERTY_VM_NAME,
                        VIX_PROPERTY_JOB_RESULT_ERROR_CODE,
                        VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO,
                        VIX_PROPERTY_JOB_RESULT_HANDLE,
                        VIX_PROPERTY_JOB_RESULT_FILE_SIZE,
                        VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA,
                        VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS,
                        VIX_PROPERTY_FOUND_ITEM_LOCATION,
                        VIX_PROPERTY_VM_ENCRYPTION_PASSWORD,
                        VIX_PROPERTY_META_DATA_CONTAINER,
                        77777,
                        -1};

// Behind the named arguments there is room for this many; the rest of them is 0, which ends a list.
constexpr std::size_t kSlots = 24;
using Slots = std::array<std::intptr_t, kSlots>;

class Input {
  public:
    explicit Input(std::span<const std::uint8_t> bytes) : bytes_{bytes} {}

    bool is_over() const { return bytes_.empty(); }

    std::uint8_t byte() {
        if (bytes_.empty()) return 0;
        const std::uint8_t value = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return value;
    }

    std::string text() {
        std::string text;
        for (std::size_t size = byte() % 40; size > 0; --size) {
            text += static_cast<char>(byte());
        }
        return text;
    }

    int id() {
        const std::uint8_t choice = byte();
        return choice < 200 ? kIds[choice % std::size(kIds)] : choice * 20 - 3900;
    }

  private:
    std::span<const std::uint8_t> bytes_;
};

// Places for values, each from malloc and as large as its type is.
class Places {
  public:
    ~Places() {
        for (const Place& place : places_) {
            if (place.type == VIX_PROPERTYTYPE_STRING || place.type == VIX_PROPERTYTYPE_BLOB) {
                void* buffer = nullptr;
                std::memcpy(&buffer, place.memory, sizeof buffer);
                Vix_FreeBuffer(buffer);
            }
            if (place.type == VIX_PROPERTYTYPE_HANDLE) {
                VixHandle handle = VIX_INVALID_HANDLE;
                std::memcpy(&handle, place.memory, sizeof handle);
                Vix_ReleaseHandle(handle);
            }
            std::free(place.memory);
        }
    }

    std::intptr_t add(int type, std::size_t size) {
        void* memory = std::malloc(size);
        if (memory == nullptr) std::abort();
        // What the library does not write is nothing to free.
        std::memset(memory, 0, size);
        places_.push_back({type, memory});
        return reinterpret_cast<std::intptr_t>(memory);
    }

  private:
    struct Place {
        int type;
        void* memory;
    };
    std::vector<Place> places_;
};

std::size_t size_of(int type) {
    switch (type) {
        case VIX_PROPERTYTYPE_BOOL:
            return sizeof(Bool);
        case VIX_PROPERTYTYPE_INT64:
            return sizeof(int64);
        case VIX_PROPERTYTYPE_STRING:
            return sizeof(char*);
        case VIX_PROPERTYTYPE_ANY:
            return 1;
        default:
            return sizeof(int);
    }
}

// The pairs behind a first identifier: a pointer, and then identifier and pointer.
Slots pointers(Input& input, int first, Places& places) {
    Slots slots{};
    std::size_t at = 0;
    for (int id = first; id != VIX_PROPERTY_NONE && at + 4 < kSlots; id = input.id()) {
        if (at > 0) slots[at++] = id;
        const bool is_null = input.byte() % 5 == 0;
        const int type = api::property_type(id);
        if (type == VIX_PROPERTYTYPE_BLOB) {
            slots[at++] = is_null ? 0 : places.add(VIX_PROPERTYTYPE_INTEGER, sizeof(int));
            slots[at++] = input.byte() % 5 == 0 ? 0 : places.add(type, sizeof(char*));
        } else {
            slots[at++] = is_null ? 0 : places.add(type, size_of(type));
        }
        if (input.byte() % 4 == 0) break;
    }
    return slots;
}

// The same with values instead of pointers; the texts stay in `texts`.
Slots values(Input& input, int first, VixHandle handle,
             std::vector<std::unique_ptr<std::string>>& texts) {
    Slots slots{};
    std::size_t at = 0;
    for (int id = first; id != VIX_PROPERTY_NONE && at + 4 < kSlots; id = input.id()) {
        if (at > 0) slots[at++] = id;
        texts.push_back(std::make_unique<std::string>(input.text()));
        const std::string& text = *texts.back();
        const auto address = reinterpret_cast<std::intptr_t>(text.c_str());
        switch (api::property_type(id)) {
            case VIX_PROPERTYTYPE_STRING:
                slots[at++] = input.byte() % 5 == 0 ? 0 : address;
                break;
            case VIX_PROPERTYTYPE_BLOB:
                slots[at++] = input.byte() % 5 == 0 ? -7 : static_cast<int>(text.size());
                slots[at++] = input.byte() % 5 == 0 ? 0 : address;
                break;
            case VIX_PROPERTYTYPE_HANDLE:
                slots[at++] = handle;
                break;
            default:
                slots[at++] = static_cast<std::int8_t>(input.byte()) * 0x1010101LL;
        }
        if (input.byte() % 4 == 0) break;
    }
    return slots;
}

template <class Function, class... Named>
VixError call(Function* function, const Slots& s, Named... named) {
    return function(named..., s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10],
                    s[11], s[12], s[13], s[14], s[15], s[16], s[17], s[18], s[19], s[20], s[21],
                    s[22], s[23]);
}

int callbacks_called = 0;

void callback(VixHandle job, VixEventType, VixHandle more, void* data) {
    __atomic_add_fetch(static_cast<int*>(data), 1, __ATOMIC_RELAXED);
    if (Vix_GetHandleType(job) != VIX_HANDLETYPE_JOB) std::abort();
    Vix_GetHandleType(more);
}

class Program {
  public:
    ~Program() {
        for (const VixHandle handle : held_) Vix_ReleaseHandle(handle);
    }

    void step(Input& input) {
        const VixHandle handle = choose(input);
        switch (input.byte() % 14) {
            case 0:
                return hold(connect(input));
            case 1:
                return hold(
                    VixVM_Open(handle, input.text().c_str(), maybe(input), &callbacks_called));
            case 2:
                return read_properties(input, handle);
            case 3:
                return read_results(input, handle);
            case 4:
                return make_list(input, handle);
            case 5: {
                VixPropertyType type = -1;
                Vix_GetPropertyType(handle, input.id(), input.byte() % 4 == 0 ? nullptr : &type);
                return;
            }
            case 6:
                return release(input);
            case 7:
                Vix_AddRefHandle(handle);
                Vix_ReleaseHandle(handle);
                return;
            case 8:
                return hold(VixHost_FindItems(handle, input.byte() % 5, 0, -1, maybe(input),
                                              &callbacks_called));
            case 9:
                return read_item(input, handle);
            case 10:
                return complete(handle);
            case 11:
                if (input.byte() % 8 == 0) VixHost_Disconnect(handle);
                return;
            case 12:
                Vix_PumpEvents(handle, VIX_PUMPEVENTOPTION_NONE);
                return;
            default:
                return ask(input, handle);
        }
    }

  private:
    static VixEventProc* maybe(Input& input) { return input.byte() % 3 == 0 ? callback : nullptr; }

    VixHandle connect(Input& input) {
        const int options = input.byte() % 2 == 0 ? VIX_HOSTOPTION_USE_EVENT_PUMP : input.byte();
        const VixHandle job = VixHost_Connect(
            static_cast<std::int8_t>(input.byte()) % 7, input.byte() % 12, nullptr, 0, nullptr,
            nullptr, options, VIX_INVALID_HANDLE, maybe(input), &callbacks_called);
        VixHandle host = VIX_INVALID_HANDLE;
        VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &host, VIX_PROPERTY_NONE);
        hold(host);
        return job;
    }

    void hold(VixHandle handle) {
        if (handle != VIX_INVALID_HANDLE) held_.push_back(handle);
    }

    VixHandle choose(Input& input) const {
        const std::uint8_t choice = input.byte();
        if (choice >= 240 || held_.empty()) return choice * 1000 - 245000;
        return held_[choice % held_.size()];
    }

    void release(Input& input) {
        if (held_.empty()) return;
        const auto at = held_.begin() + static_cast<std::ptrdiff_t>(input.byte() % held_.size());
        Vix_ReleaseHandle(*at);
        held_.erase(at);
    }

    static void read_properties(Input& input, VixHandle handle) {
        Places places;
        const int first = input.id();
        const Slots slots = pointers(input, first, places);
        call(Vix_GetProperties, slots, handle, first);
    }

    static void read_results(Input& input, VixHandle handle) {
        Places places;
        const int first = input.id();
        const Slots slots = pointers(input, first, places);
        call(VixJob_Wait, slots, handle, first);
    }

    static void read_item(Input& input, VixHandle handle) {
        Places places;
        const int index = static_cast<std::int8_t>(input.byte());
        const int first = input.id();
        const Slots slots = pointers(input, first, places);
        call(VixJob_GetNthProperties, slots, handle, index, first);
        VixJob_GetNumProperties(handle, first);
    }

    void make_list(Input& input, VixHandle handle) {
        std::vector<std::unique_ptr<std::string>> texts;
        VixHandle list = 77;
        const bool is_null = input.byte() % 8 == 0;
        const int first = input.id();
        const Slots slots = values(input, first, handle, texts);
        VixHandle* place = is_null ? nullptr : &list;
        const VixError error = call(VixPropertyList_AllocPropertyList, slots, handle, place, first);
        if ((error == VIX_OK) != (!is_null && list > 0)) std::abort();
        if (error == VIX_OK) hold(list);
    }

    static void complete(VixHandle handle) {
        struct {
            unsigned char before = 0x5a;
            Bool complete = 0x5a;
            unsigned char after = 0x5a;
        } cell;
        const VixError error = VixJob_CheckCompletion(handle, &cell.complete);
        if (cell.before != 0x5a || cell.after != 0x5a || !IsBool(cell.complete)) std::abort();
        if (error != VIX_OK && cell.complete) std::abort();
    }

    static void ask(Input& input, VixHandle handle) {
        const VixError error = VixJob_GetError(handle);
        if (error > 0xffff) std::abort();
        const VixError any = error + (VixError{input.byte()} << 16) * (input.byte() % 2);
        if (Vix_GetErrorText(any, nullptr)[0] == '\0') std::abort();
        int count = -1;
        VixHandle snapshot = -1;
        VixVM_GetNumRootSnapshots(handle, &count);
        VixSnapshot_GetChild(handle, input.byte(), &snapshot);
        VixVM_GetNamedSnapshot(handle, input.byte() % 2 == 0 ? nullptr : "name", &snapshot);
        if (count != 0 || snapshot != VIX_INVALID_HANDLE) std::abort();
    }

    std::vector<VixHandle> held_;
};

// The references of jobs that the library holds until their callbacks have been called; those that
// wait for the pump are called now.
void wait_until_none_is_left() {
    for (int i = 0; i < 2000 && api::live_handle_count() > 0; ++i) {
        Vix_PumpEvents(VIX_INVALID_HANDLE, VIX_PUMPEVENTOPTION_NONE);
        if (api::live_handle_count() > 0) usleep(1000);
    }
    if (api::live_handle_count() > 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    {
        Input input{{data, std::min<std::size_t>(size, 4096)}};
        Program program;
        while (!input.is_over()) program.step(input);
    }
    wait_until_none_is_left();
    return 0;
}
