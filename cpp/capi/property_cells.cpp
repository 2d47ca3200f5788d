#include "capi/property_cells.h"

#include <algorithm>
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

bool put_blob(const Cell& cell, const api::PropertyValue& value) {
    put<int>(cell.place, 0);
    put<char*>(cell.second_place, nullptr);
    const auto* blob = std::get_if<api::Blob>(&value);
    if (cell.second_place == nullptr || blob == nullptr) return true;
    char* copy = copy_of(blob->bytes);
    if (copy == nullptr) return false;
    put(cell.second_place, copy);
    put(cell.place, static_cast<int>(blob->bytes.size()));
    return true;
}

void put_handle(void* place, const api::PropertyValue& value, Owned owned) {
    const auto handle = static_cast<VixHandle>(number_of(value));
    if (place == nullptr && owned == Owned::Yes) api::release_handle(handle);
    if (place != nullptr && owned == Owned::No) api::add_ref_handle(handle);
    put(place, handle);
}

bool write_cell(const Cell& cell, const api::PropertyValue& value, Owned handles) {
    switch (cell.type) {
        case VIX_PROPERTYTYPE_INTEGER:
            put(cell.place, static_cast<int>(number_of(value)));
            return true;
        case VIX_PROPERTYTYPE_BOOL:
            put<Bool>(cell.place, number_of(value) != 0 ? TRUE : FALSE);
            return true;
        case VIX_PROPERTYTYPE_INT64:
            put(cell.place, static_cast<int64>(number_of(value)));
            return true;
        case VIX_PROPERTYTYPE_HANDLE:
            put_handle(cell.place, value, handles);
            return true;
        case VIX_PROPERTYTYPE_STRING:
            return put_text(cell.place, value);
        case VIX_PROPERTYTYPE_BLOB:
            return put_blob(cell, value);
        default:  // no property: nobody knows how large its place is
            return true;
    }
}

}  // namespace

Cells read_cells(int first, va_list list) {
    Cells cells;
    for (int id = first; id != VIX_PROPERTY_NONE; id = va_arg(list, int)) {
        Cell cell{id, api::property_type(id), va_arg(list, void*), nullptr};
        if (cell.type == VIX_PROPERTYTYPE_BLOB) cell.second_place = va_arg(list, void*);
        cells.push_back(cell);
    }
    return cells;
}

std::vector<int> ids_of(const Cells& cells) {
    std::vector<int> ids;
    ids.reserve(cells.size());
    for (const Cell& cell : cells) ids.push_back(cell.id);
    return ids;
}

VixError write_cells(const Cells& cells, const std::vector<api::PropertyValue>& values,
                     Owned handles) {
    const api::PropertyValue nothing;
    bool all = true;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        all &= write_cell(cells[i], i < values.size() ? values[i] : nothing, handles);
    }
    return all ? VIX_OK : VIX_E_OUT_OF_MEMORY;
}

std::vector<api::PropertyInput> read_inputs(int first, va_list list) {
    std::vector<api::PropertyInput> inputs;
    for (int id = first; id != VIX_PROPERTY_NONE; id = va_arg(list, int)) {
        auto& input = inputs.emplace_back(api::PropertyInput{id, api::InputKind::None, 0, {}});
        switch (api::property_type(id)) {
            case VIX_PROPERTYTYPE_ANY:
                return inputs;
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
    return inputs;
}

}  // namespace vix::capi
