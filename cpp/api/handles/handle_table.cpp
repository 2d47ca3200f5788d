#include "api/handles/handle_table.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace vix::api {
namespace {

const char* kind_name(HandleType type) {
    switch (type) {
        case HandleType::Host:
            return "a host";
        case HandleType::Vm:
            return "a virtual machine";
        case HandleType::Snapshot:
            return "a snapshot";
        case HandleType::Job:
            return "a job";
        case HandleType::PropertyList:
            return "a property list";
        case HandleType::None:
            break;
    }
    return "nothing";
}

}  // namespace

void HandleTable::throw_dead(Handle handle) {
    if (handle == VIX_INVALID_HANDLE) {
        throw Error{VIX_E_INVALID_HANDLE, "VIX_INVALID_HANDLE was passed for a handle"};
    }
    throw Error{VIX_E_INVALID_HANDLE, "handle " + std::to_string(handle) +
                                          " is invalid: it was never returned, it was released, or "
                                          "its host was disconnected"};
}

Handle HandleTable::add(std::shared_ptr<Object> object) {
    const std::lock_guard lock{mutex_};
    Entry entry;
    entry.object = std::move(object);
    return insert(std::move(entry));
}

Handle HandleTable::add_owned(Handle owner, const std::string& identity,
                              std::shared_ptr<Object> object) {
    const std::lock_guard lock{mutex_};
    const auto owner_entry = entries_.find(owner);
    if (owner_entry == entries_.end()) throw_dead(owner);

    const auto key = std::pair{owner, identity};
    const auto known = identity.empty() ? identities_.end() : identities_.find(key);
    if (known != identities_.end()) {
        ++entries_.at(known->second).references;
        return known->second;
    }
    Entry entry;
    entry.object = std::move(object);
    entry.owner = owner;
    entry.identity = identity;
    const Handle handle = insert(std::move(entry));
    if (!identity.empty()) identities_.emplace(key, handle);
    ++owner_entry->second.owned;
    return handle;
}

std::shared_ptr<Object> HandleTable::get_any(Handle handle) const {
    const std::lock_guard lock{mutex_};
    const Entry* entry = live_entry(handle);
    if (entry == nullptr) throw_dead(handle);
    return entry->object;
}

std::shared_ptr<Object> HandleTable::find_any(Handle handle) const noexcept {
    const std::lock_guard lock{mutex_};
    const Entry* entry = live_entry(handle);
    return entry == nullptr ? nullptr : entry->object;
}

HandleType HandleTable::type_of(Handle handle) const noexcept {
    const std::lock_guard lock{mutex_};
    const Entry* entry = live_entry(handle);
    return entry == nullptr ? HandleType::None : entry->object->type();
}

Handle HandleTable::dead_handle() {
    const std::lock_guard lock{mutex_};
    return take_number();
}

void HandleTable::add_reference(Handle handle) noexcept {
    const std::lock_guard lock{mutex_};
    const auto position = entries_.find(handle);
    if (position != entries_.end() && position->second.references > 0) {
        ++position->second.references;
    }
}

std::size_t HandleTable::live_count() const noexcept {
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(),
                      [](const auto& entry) { return entry.second.references > 0; }));
}

void HandleTable::release(Handle handle) noexcept {
    Entries dead;
    const std::lock_guard lock{mutex_};
    const auto position = entries_.find(handle);
    if (position == entries_.end() || position->second.references == 0) return;
    Entry& entry = position->second;
    --entry.references;
    if (entry.references == 0 && entry.owned == 0) erase(position, dead);
}

void HandleTable::end(Handle handle, HandleType type) noexcept {
    Entries dead;
    const std::lock_guard lock{mutex_};
    const auto position = entries_.find(handle);
    if (position == entries_.end() || position->second.object->type() != type) return;
    position->second.references = 1;  // so that it outlasts what it owns
    erase_owned_by(handle, dead);
    erase(position, dead);
}

void HandleTable::forget_identity(Handle handle) noexcept {
    const std::lock_guard lock{mutex_};
    const auto position = entries_.find(handle);
    if (position != entries_.end()) drop_identity(handle, position->second);
}

void HandleTable::drop_identity(Handle handle, const Entry& entry) noexcept {
    const auto known = identities_.find(std::pair{entry.owner, entry.identity});
    if (known != identities_.end() && known->second == handle) identities_.erase(known);
}

Handle HandleTable::insert(Entry entry) {
    const Handle handle = take_number();
    entries_.emplace(handle, std::move(entry));
    return handle;
}

Handle HandleTable::take_number() {
    // The glue converts a number out of range to the greatest integer, so this must never be a
    // handle.
    if (next_ == std::numeric_limits<Handle>::max()) {
        throw Error{VIX_E_TOO_MANY_HANDLES, "this process has used up its handle numbers"};
    }
    return next_++;
}

const HandleTable::Entry* HandleTable::live_entry(Handle handle) const noexcept {
    const auto position = entries_.find(handle);
    if (position == entries_.end() || position->second.references == 0) return nullptr;
    return &position->second;
}

void HandleTable::erase(Entries::iterator position, Entries& dead) noexcept {
    const auto node = dead.insert(entries_.extract(position));
    const Entry& entry = node.position->second;

    drop_identity(node.position->first, entry);
    const auto owner = entries_.find(entry.owner);
    if (owner == entries_.end()) return;
    --owner->second.owned;
    if (owner->second.references == 0 && owner->second.owned == 0) erase(owner, dead);
}

void HandleTable::erase_owned_by(Handle owner, Entries& dead) noexcept {
    auto position = entries_.upper_bound(owner);  // what is owned was added later
    while (position != entries_.end()) {
        if (position->second.owner != owner) {
            ++position;
            continue;
        }
        const Handle handle = position->first;
        position->second.references = 1;  // so that it outlasts what it owns
        erase_owned_by(handle, dead);
        erase(position, dead);
        position = entries_.upper_bound(handle);
    }
}

void HandleTable::require_type(Handle handle, const Object& object, HandleType type) {
    if (object.type() == type) return;
    throw Error{VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, "handle " + std::to_string(handle) + " is " +
                                                        kind_name(object.type()) +
                                                        ", but this call needs " + kind_name(type)};
}

std::shared_ptr<Object> HandleTable::find(Handle handle, HandleType type) const {
    auto object = get_any(handle);
    require_type(handle, *object, type);
    return object;
}

}  // namespace vix::api
