#include "api/handle_table.h"

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
        case HandleType::None:
            break;
    }
    return "nothing";
}

[[noreturn]] void throw_dead(Handle handle) {
    if (handle == VIX_INVALID_HANDLE) {
        throw Error{VIX_E_INVALID_HANDLE, "VIX_INVALID_HANDLE was passed for a handle"};
    }
    throw Error{VIX_E_INVALID_HANDLE, "handle " + std::to_string(handle) +
                                          " stands for nothing: never given out, released, or its "
                                          "host disconnected"};
}

}  // namespace

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
    if (const auto known = identities_.find(key); known != identities_.end()) {
        ++entries_.at(known->second).references;
        return known->second;
    }
    Entry entry;
    entry.object = std::move(object);
    entry.owner = owner;
    entry.identity = identity;
    const Handle handle = insert(std::move(entry));
    identities_.emplace(key, handle);
    ++owner_entry->second.owned;
    return handle;
}

std::shared_ptr<Object> HandleTable::get_any(Handle handle) const {
    const std::lock_guard lock{mutex_};
    const Entry* entry = live_entry(handle);
    if (entry == nullptr) throw_dead(handle);
    return entry->object;
}

HandleType HandleTable::type_of(Handle handle) const noexcept {
    const std::lock_guard lock{mutex_};
    const Entry* entry = live_entry(handle);
    return entry == nullptr ? HandleType::None : entry->object->type();
}

void HandleTable::release(Handle handle) noexcept {
    const std::lock_guard lock{mutex_};
    const auto position = entries_.find(handle);
    if (position == entries_.end() || position->second.references == 0) return;
    Entry& entry = position->second;
    --entry.references;
    if (entry.references == 0 && entry.owned == 0) erase(position);
}

void HandleTable::end(Handle handle, HandleType type) noexcept {
    const std::lock_guard lock{mutex_};
    const auto position = entries_.find(handle);
    if (position == entries_.end() || position->second.object->type() != type) return;
    position->second.references = 1;  // so that it outlasts what it owns
    erase_owned_by(handle);
    erase(position);
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
    // The greatest integer is what glue makes of a number out of range: never a handle.
    if (next_ == std::numeric_limits<Handle>::max()) {
        throw Error{VIX_E_TOO_MANY_HANDLES, "this process has used up its handle numbers"};
    }
    entries_.emplace(next_, std::move(entry));
    return next_++;
}

const HandleTable::Entry* HandleTable::live_entry(Handle handle) const noexcept {
    const auto position = entries_.find(handle);
    if (position == entries_.end() || position->second.references == 0) return nullptr;
    return &position->second;
}

void HandleTable::erase(Entries::iterator position) noexcept {
    const Entry entry = std::move(position->second);
    const Handle handle = position->first;
    entries_.erase(position);

    drop_identity(handle, entry);
    const auto owner = entries_.find(entry.owner);
    if (owner == entries_.end()) return;
    --owner->second.owned;
    if (owner->second.references == 0 && owner->second.owned == 0) erase(owner);
}

void HandleTable::erase_owned_by(Handle owner) noexcept {
    auto position = entries_.upper_bound(owner);  // what is owned was added later
    while (position != entries_.end()) {
        if (position->second.owner != owner) {
            ++position;
            continue;
        }
        const Handle handle = position->first;
        position->second.references = 1;  // so that it outlasts what it owns
        erase_owned_by(handle);
        erase(position);
        position = entries_.upper_bound(handle);
    }
}

std::shared_ptr<Object> HandleTable::find(Handle handle, HandleType type) const {
    auto object = get_any(handle);
    if (object->type() != type) {
        throw Error{VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, "handle " + std::to_string(handle) +
                                                            " is " + kind_name(object->type()) +
                                                            ", this call needs " + kind_name(type)};
    }
    return object;
}

}  // namespace vix::api
