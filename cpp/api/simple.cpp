#include "api/simple.h"

#include <algorithm>

#include "api/calls/call.h"
#include "api/calls/text_argument.h"
#include "api/handles/properties.h"
#include "api/handles/property_types.h"
#include "api/handles/runtime.h"
#include "api/handles/snapshots.h"
#include "api/jobs/job.h"
#include "base/error.h"
#include "host/current_context.h"

namespace vix::api {
namespace {

// What a call asks for, and where the answers go.
struct Wanted {
    const int* ids;
    std::size_t count;
    PropertyValue* values;

    template <class Read>
    void fill(Read&& read) const {
        for (std::size_t i = 0; i < count; ++i) values[i] = read(ids[i]);
    }
};

void fill_properties(Object& object, const Wanted& wanted, Lacking lacking) {
    switch (object.type()) {
        case HandleType::Host: {
            const auto& host = static_cast<const HostObject&>(object);
            return wanted.fill([&](int id) { return host_property(host, id); });
        }
        case HandleType::Vm: {
            const auto& vm = static_cast<const VmObject&>(object);
            require_not_deleted(vm);
            const host::CurrentContext context{vm.service().power_uri};
            const auto facts = vm.machine().facts(context, wanted_facts(wanted.ids, wanted.count));
            return wanted.fill([&](int id) { return vm_property(vm, facts, id); });
        }
        case HandleType::Snapshot: {
            const auto& snapshot = static_cast<const SnapshotObject&>(object);
            require_not_deleted(*snapshot.vm());
            const VmObject& vm = *snapshot.vm();
            const host::CurrentContext context{vm.service().power_uri};
            const auto list = vm.machine().snapshots(context);
            const auto& found = find_snapshot(list, snapshot);
            return wanted.fill([&](int id) {
                const bool wants_state = id == VIX_PROPERTY_SNAPSHOT_POWERSTATE;
                const auto then = wants_state && found.with_memory
                                      ? vm.machine().state_in_snapshot(context, found.id)
                                      : vm::PowerState::Off;
                return snapshot_property(found, then, id);
            });
        }
        case HandleType::Job:
            return job_properties(static_cast<JobObject&>(object), wanted.ids, wanted.count,
                                  wanted.values, lacking);
        case HandleType::PropertyList: {
            const auto& list = static_cast<const PropertyListObject&>(object);
            return wanted.fill([&](int id) { return list_property(list, id); });
        }
        case HandleType::None:
            break;
    }
}

// Gives the caller a reference to each handle that a list names; the list itself has none.
void add_references(const int* ids, std::size_t count, const PropertyValue* values) {
    for (std::size_t i = 0; i < count; ++i) {
        if (type_of_property(ids[i]) != VIX_PROPERTYTYPE_HANDLE) continue;
        const auto* handle = std::get_if<std::int64_t>(&values[i]);
        if (handle != nullptr) runtime().handles.add_reference(static_cast<Handle>(*handle));
    }
}

std::string name_of_type(int type) {
    switch (type) {
        case VIX_PROPERTYTYPE_STRING:
            return "text";
        case VIX_PROPERTYTYPE_BLOB:
            return "bytes";
        case VIX_PROPERTYTYPE_HANDLE:
            return "a handle";
        case VIX_PROPERTYTYPE_BOOL:
            return "a truth value";
        default:
            return "a number";
    }
}

// Converts the value to the property's type. Errors: VIX_E_UNRECOGNIZED_PROPERTY;
// VIX_E_INVALID_ARG.
PropertyValue value_of(const PropertyInput& input) {
    const int type = type_of_property(input.id);
    if (type == VIX_PROPERTYTYPE_ANY) {
        throw Error{VIX_E_UNRECOGNIZED_PROPERTY,
                    "there is no property " + std::to_string(input.id)};
    }
    const std::string name = "property " + std::to_string(input.id);
    const bool wants_text = type == VIX_PROPERTYTYPE_STRING || type == VIX_PROPERTYTYPE_BLOB;
    if (input.kind != (wants_text ? InputKind::Text : InputKind::Number)) {
        throw_bad_argument(name + " takes " + name_of_type(type));
    }
    if (type == VIX_PROPERTYTYPE_BLOB) return Blob{std::string{input.text}};
    if (type == VIX_PROPERTYTYPE_STRING) {
        require_text(input.text, name.c_str());
        return std::string{input.text};
    }
    if (type == VIX_PROPERTYTYPE_BOOL) return input.number != 0;
    const bool fits = input.number == static_cast<std::int32_t>(input.number);
    if (type != VIX_PROPERTYTYPE_INT64 && !fits) {
        throw_bad_argument(name + " takes a number of 32 bits; " + std::to_string(input.number) +
                           " is out of range");
    }
    return input.number;
}

PropertyListObject::Properties properties_of(const PropertyInput* inputs, std::size_t count) {
    PropertyListObject::Properties properties;
    for (std::size_t i = 0; i < count; ++i) {
        const bool known =
            std::any_of(properties.begin(), properties.end(),
                        [&](const auto& property) { return property.first == inputs[i].id; });
        if (known)
            throw_bad_argument("property " + std::to_string(inputs[i].id) + " is given twice");
        properties.emplace_back(inputs[i].id, value_of(inputs[i]));
    }
    return properties;
}

std::shared_ptr<Object> list_of(const PropertyInput* properties, std::ptrdiff_t count) {
    if (count < 0) throw_bad_argument("the last property has no value");
    return std::make_shared<PropertyListObject>(
        properties_of(properties, static_cast<std::size_t>(count)));
}

Handle host_handle(Handle handle, const Object& object) {
    switch (object.type()) {
        case HandleType::Host:
            return handle;
        case HandleType::Vm:
            return static_cast<const VmObject&>(object).host();
        case HandleType::Snapshot:
            return static_cast<const SnapshotObject&>(object).vm()->host();
        default:
            return VIX_INVALID_HANDLE;
    }
}

}  // namespace

void host_disconnect(Handle host) noexcept {
    runtime().handles.end(host, HandleType::Host);
}

PropertiesResult get_properties(Handle handle, const int* ids, std::size_t id_count) noexcept {
    PropertiesResult result;
    result.error = run([&] {
        const auto object = runtime().handles.get_any(handle);
        result.values.resize(id_count);
        fill_properties(*object, {ids, id_count, result.values.data()}, Lacking::Refused);
    });
    if (result.error != VIX_OK) result.values.assign(id_count, PropertyValue{});
    return result;
}

int read_properties(Handle handle, const int* ids, std::size_t id_count,
                    PropertyValue* values) noexcept {
    bool is_job = false;
    const int error = run([&] {
        const auto object = runtime().handles.get_any(handle);
        is_job = object->type() == HandleType::Job;
        fill_properties(*object, {ids, id_count, values}, Lacking::LeftOut);
        if (object->type() == HandleType::PropertyList) add_references(ids, id_count, values);
    });
    if (error != VIX_OK && !is_job) std::fill_n(values, id_count, PropertyValue{});
    return error;
}

CountResult get_property_type(Handle handle, int id) noexcept {
    CountResult result{VIX_OK, VIX_PROPERTYTYPE_ANY};
    result.error = run([&] {
        const auto object = runtime().handles.get_any(handle);
        const bool is_list = object->type() == HandleType::PropertyList;
        if (is_list) list_property(static_cast<const PropertyListObject&>(*object), id);
        if (!is_list && !has_property(object->type(), id)) {
            throw Error{VIX_E_UNRECOGNIZED_PROPERTY,
                        "handles of this kind have no property " + std::to_string(id)};
        }
        result.count = type_of_property(id);
    });
    return result;
}

int property_type(int id) noexcept {
    return type_of_property(id);
}

HandleResult alloc_property_list(Handle host, const PropertyInput* properties,
                                 std::ptrdiff_t count) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        static_cast<void>(runtime().handles.get<HostObject>(host));
        result.handle = runtime().handles.add_owned(host, {}, list_of(properties, count));
    });
    return result;
}

HandleResult alloc_property_list_of_any(Handle handle, const PropertyInput* properties,
                                        std::ptrdiff_t count) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        HandleTable& handles = runtime().handles;
        const Handle host = host_handle(handle, *handles.get_any(handle));
        auto list = list_of(properties, count);
        result.handle = host == VIX_INVALID_HANDLE ? handles.add(std::move(list))
                                                   : handles.add_owned(host, {}, std::move(list));
    });
    return result;
}

Handle host_of(Handle handle) noexcept {
    const auto object = runtime().handles.find_any(handle);
    return object ? host_handle(handle, *object) : VIX_INVALID_HANDLE;
}

int get_handle_type(Handle handle) noexcept {
    return static_cast<int>(runtime().handles.type_of(handle));
}

void add_ref_handle(Handle handle) noexcept {
    runtime().handles.add_reference(handle);
}

void release_handle(Handle handle) noexcept {
    runtime().handles.release(handle);
}

std::size_t live_handle_count() noexcept {
    return runtime().handles.live_count();
}

std::string error_text(std::int64_t error) noexcept {
    std::string text = vix::error_text(error);
    const std::string_view detail = error_detail(error);
    if (!detail.empty()) text.append(": ").append(detail);
    return text;
}

const char* general_error_text(std::int64_t error) noexcept {
    return known_error_text(error);
}

std::string_view error_detail(std::int64_t error) noexcept {
    const Failure& failure = last_failure();
    return error == VIX_OK || error != failure.code ? std::string_view{} : failure.detail;
}

std::string last_error_detail() noexcept {
    return last_failure().detail;
}

}  // namespace vix::api
