// The handles of the process: which number stands for which object, and how many references the
// caller holds. A number is never reused, so a stale handle stays invalid.
//
// All functions may be called from any thread. Objects are shared: an object that a call has got
// stays alive for that call, even if its handle is released meanwhile.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "api/handles/object.h"

namespace vix::api {

class HandleTable {
  public:
    // Does not begin with a small number, so that a mixed-up argument does not hit a live handle.
    static constexpr Handle kFirst = 1001;

    explicit HandleTable(Handle first = kFirst) : next_{first} {}

    // A new handle, with one reference, for an object without an owner. Error
    // VIX_E_TOO_MANY_HANDLES, here and below, if all numbers have been used.
    Handle add(std::shared_ptr<Object> object);

    // A handle for an object that `owner` owns and that ends with it. If the owner already has a
    // live object of the same identity, that object's handle gets another reference and `object` is
    // dropped. An empty identity always makes a new handle. Error VIX_E_INVALID_HANDLE if the owner
    // is gone.
    Handle add_owned(Handle owner, const std::string& identity, std::shared_ptr<Object> object);

    // A number that no object has or will have, for a result whose owner has ended.
    Handle dead_handle();

    // The object behind a handle. Errors: VIX_E_INVALID_HANDLE if there is none,
    // VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE if it is of another kind.
    template <class T>
    std::shared_ptr<T> get(Handle handle) const {
        return std::static_pointer_cast<T>(find(handle, T::kType));
    }

    // The same for a caller that accepts objects of several kinds.
    std::shared_ptr<Object> get_any(Handle handle) const;

    // The same, but nullptr if there is none.
    std::shared_ptr<Object> find_any(Handle handle) const noexcept;

    // What get() throws: for a dead handle, and for an object of another kind.
    [[noreturn]] static void throw_dead(Handle handle);
    static void require_type(Handle handle, const Object& object, HandleType type);

    // HandleType::None for a dead handle.
    HandleType type_of(Handle handle) const noexcept;

    // Adds a reference. Does nothing for a dead handle.
    void add_reference(Handle handle) noexcept;

    // Removes one reference; the last one ends the handle. An owner stays in the table, without a
    // working handle, until what it owns is released too. Does nothing for a dead handle.
    void release(Handle handle) noexcept;

    // Ends the handle, and everything that its object owns, at once. Does nothing for a handle of
    // another type or a dead one.
    void end(Handle handle, HandleType type) noexcept;

    // From now on add_owned() does not find the object by its identity.
    void forget_identity(Handle handle) noexcept;

    // The number of working handles.
    std::size_t live_count() const noexcept;

    // Called around fork(), so that the child finds the table consistent.
    void before_fork() { mutex_.lock(); }
    void after_fork() { mutex_.unlock(); }

  private:
    struct Entry {
        std::shared_ptr<Object> object;
        int references = 1;
        int owned = 0;  // how many entries have this one as their owner
        Handle owner = VIX_INVALID_HANDLE;
        std::string identity;
    };
    using Entries = std::map<Handle, Entry>;

    // The caller holds the mutex. Erased entries go to `dead`, to be destroyed after the mutex is
    // free again, because the end of an object may release others.
    Handle insert(Entry entry);
    Handle take_number();
    const Entry* live_entry(Handle handle) const noexcept;
    void drop_identity(Handle handle, const Entry& entry) noexcept;
    void erase(Entries::iterator position, Entries& dead) noexcept;
    void erase_owned_by(Handle owner, Entries& dead) noexcept;

    std::shared_ptr<Object> find(Handle handle, HandleType type) const;

    mutable std::mutex mutex_;
    Entries entries_;
    std::map<std::pair<Handle, std::string>, Handle> identities_;  // (owner, identity) -> handle
    Handle next_;
};

}  // namespace vix::api
