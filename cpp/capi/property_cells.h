// Arguments without types: from a list of properties and pointers in C to the values of the core,
// and back.
#pragma once

#include <array>
#include <cstdarg>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <vector>

#include "api/simple.h"
#include "capi/exports.h"

namespace vix::capi {

// Lists of so many properties fit into these objects themselves: memory from the heap would cost
// more than most properties do.
inline constexpr std::size_t kUsualCount = 8;

// The properties that a caller asks for, and the places for their values.
class PropertyCells {
  public:
    // Reads the pairs behind `first`, up to VIX_PROPERTY_NONE. For an identifier that is no
    // property one pointer is taken.
    PropertyCells(int first, va_list list);
    ~PropertyCells();
    PropertyCells(const PropertyCells&) = delete;
    PropertyCells& operator=(const PropertyCells&) = delete;

    std::size_t count() const noexcept { return count_; }
    const int* ids() const noexcept { return ids_; }

    // One for each, which the core fills; without a value until then.
    api::PropertyValue* values() noexcept { return values_; }

    // Writes each value as its type wants it, and nothing (0, NULL) for one that is missing. Texts
    // and bytes are copies from malloc. A handle has a reference for the caller; one that nobody
    // takes is released. VIX_E_OUT_OF_MEMORY: not all were written.
    VixError write() const;

  private:
    // The types are VIX_PROPERTYTYPE_*, from the identifier alone: nothing else says how many
    // pointers there are.
    struct Place {
        int type;
        void* first;   // may be NULL
        void* second;  // a blob's bytes; `first` is then for its size
    };
    struct Many {
        std::vector<int> ids;
        std::vector<Place> places;
        std::vector<api::PropertyValue> values;
    };

    void add(int id, const Place& place);
    static bool write_one(const Place& place, const api::PropertyValue& value);

    // Only the first count_ elements are set. Values exist from the end of the constructor on.
    std::array<int, kUsualCount> own_ids_;
    std::array<Place, kUsualCount> own_places_;
    alignas(api::PropertyValue) std::byte own_values_[kUsualCount * sizeof(api::PropertyValue)];

    std::size_t count_ = 0;
    int* ids_ = own_ids_.data();
    Place* places_ = own_places_.data();
    api::PropertyValue* values_ = nullptr;
    std::unique_ptr<Many> many_;  // where they are instead, if they are more than usual
};

// Properties and values for a list; the texts stay the caller's.
class PropertyInputs {
  public:
    // Reads the pairs behind `first`, up to VIX_PROPERTY_NONE or the first identifier that is no
    // property, which is the last one then.
    PropertyInputs(int first, va_list list);
    PropertyInputs(const PropertyInputs&) = delete;
    PropertyInputs& operator=(const PropertyInputs&) = delete;

    const api::PropertyInput* data() const noexcept { return inputs_.data(); }
    std::ptrdiff_t count() const noexcept { return static_cast<std::ptrdiff_t>(inputs_.size()); }

  private:
    alignas(
        api::PropertyInput) std::array<std::byte, kUsualCount * sizeof(api::PropertyInput)> own_;
    std::pmr::monotonic_buffer_resource memory_{own_.data(), own_.size()};
    std::pmr::vector<api::PropertyInput> inputs_{&memory_};
};

}  // namespace vix::capi
