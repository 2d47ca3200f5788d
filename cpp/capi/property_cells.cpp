#include "capi/property_cells.h"

#include <cstdlib>
#include <cstring>

namespace vix::capi {
namespace {

template <class Type>
void put(void* place, Type value) {
    if (place != nullptr) *static_cast<Type*>(place) = value;
}

std::int64_t number_of(const api::PropertyValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    const auto* truth = std::get_if<bool>(&value);
    return truth != nullptr && *truth ? 1 : 0;
}

// NULL where memory is used up.
char* copy_of(const std::string& bytes) {
    auto* copy = static_cast<char*>(std::malloc(bytes.size() + 1));
    if (copy != nullptr) std::memcpy(copy, bytes.c_str(), bytes.size() + 1);
    return copy;
}

// False where memory is used up.
bool put_text(void* place, const api::PropertyValue& value) {
    put<char*>(place, nullptr);
    const auto* text = std::get_if<std::string>(&value);
    if (place == nullptr || text == nullptr) return true;
    char* copy = copy_of(*text);
    put(place, copy);
    return copy != nullptr;
}

bool put_blob(void* size_place, void* place, const api::PropertyValue& value) {
    put<int>(size_place, 0);
    put<char*>(place, nullptr);
    const auto* blob = std::get_if<api::Blob>(&value);
    if (place == nullptr || blob == nullptr) return true;
    char* copy = copy_of(blob->bytes);
    if (copy == nullptr) return false;
    put(place, copy);
    put(size_place, static_cast<int>(blob->bytes.size()));
    return true;
}

void put_handle(void* place, const api::PropertyValue& value) {
    const auto handle = static_cast<VixHandle>(number_of(value));
    if (place == nullptr) api::release_handle(handle);
    put(place, handle);
}

}  // namespace

PropertyCells::PropertyCells(int first, va_list list) {
    for (int id = first; id != VIX_PROPERTY_NONE; id = va_arg(list, int)) {
        Place place{api::property_type(id), va_arg(list, void*), nullptr};
        if (place.type == VIX_PROPERTYTYPE_BLOB) place.second = va_arg(list, void*);
        add(id, place);
    }
    if (many_) {
        many_->values.resize(count_);
        values_ = many_->values.data();
    } else {
        values_ = reinterpret_cast<api::PropertyValue*>(own_values_);
        std::uninitialized_value_construct_n(values_, count_);
    }
}

PropertyCells::~PropertyCells() {
    if (!many_) std::destroy_n(values_, count_);
}

void PropertyCells::add(int id, const Place& place) {
    if (count_ < kUsualCount) {
        own_ids_[count_] = id;
        own_places_[count_] = place;
    } else {
        if (!many_) {
            many_ = std::make_unique<Many>();
            many_->ids.assign(own_ids_.begin(), own_ids_.end());
            many_->places.assign(own_places_.begin(), own_places_.end());
        }
        many_->ids.push_back(id);
        many_->places.push_back(place);
        ids_ = many_->ids.data();
        places_ = many_->places.data();
    }
    ++count_;
}

bool PropertyCells::write_one(const Place& place, const api::PropertyValue& value) {
    switch (place.type) {
        case VIX_PROPERTYTYPE_INTEGER:
            put(place.first, static_cast<int>(number_of(value)));
            return true;
        case VIX_PROPERTYTYPE_BOOL:
            put<Bool>(place.first, number_of(value) != 0 ? TRUE : FALSE);
            return true;
        case VIX_PROPERTYTYPE_INT64:
            put(place.first, static_cast<int64>(number_of(value)));
            return true;
        case VIX_PROPERTYTYPE_HANDLE:
            put_handle(place.first, value);
            return true;
        case VIX_PROPERTYTYPE_STRING:
            return put_text(place.first, value);
        case VIX_PROPERTYTYPE_BLOB:
            return put_blob(place.first, place.second, value);
        default:  // no property: nobody knows how large its place is
            return true;
    }
}

VixError PropertyCells::write() const {
    bool all = true;
    for (std::size_t i = 0; i < count_; ++i) all &= write_one(places_[i], values_[i]);
    return all ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

PropertyInputs::PropertyInputs(int first, va_list list) {
    inputs_.reserve(kUsualCount);
    for (int id = first; id != VIX_PROPERTY_NONE; id = va_arg(list, int)) {
        auto& input = inputs_.emplace_back(api::PropertyInput{id, api::InputKind::None, 0, {}});
        switch (api::property_type(id)) {
            case VIX_PROPERTYTYPE_ANY:
                return;
            case VIX_PROPERTYTYPE_INT64:
                input.number = va_arg(list, int64);
                input.kind = api::InputKind::Number;
                break;
            case VIX_PROPERTYTYPE_STRING: {
                const char* text = va_arg(list, const char*);
                if (text == nullptr) break;
                input.text = text;
                input.kind = api::InputKind::Text;
                break;
            }
            case VIX_PROPERTYTYPE_BLOB: {
                const int size = va_arg(list, int);
                const char* bytes = va_arg(list, const char*);
                if (size < 0 || (size > 0 && bytes == nullptr)) break;
                input.text = {bytes, static_cast<std::size_t>(size)};
                input.kind = api::InputKind::Text;
                break;
            }
            default:
                input.number = va_arg(list, int);
                input.kind = api::InputKind::Number;
        }
    }
}

}  // namespace vix::capi
