// The handles of the process: which number stands for which object, and how many references the
// caller holds. A number is never given out twice, so a stale handle stays one for good.
//
// All functions may be called from any thread. Objects are shared: one that a call has got stays
// alive for that call, whatever becomes of its handle meanwhile.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "api/object.h"

namespace vix::api {

class HandleTable {
  public:
    // No small number to begin with: a mixed-up argument should not hit a live handle.
    static constexpr Handle kFirst = 1001;

    explicit HandleTable(Handle first = kFirst) : next_{first} {}

    // A new handle, with one reference, for an object that belongs to no other. Error
    // VIX_E_TOO_MANY_HANDLES, here and below: all numbers have been given out.
    Handle add(std::shared_ptr<Object> object);

    // A handle for an object that belongs to `owner` and dies with it. When the owner has a live
    // object of the same identity already, that one's handle gets another reference and `object` is
    // dropped. Without an identity it is always another. Error VIX_E_INVALID_HANDLE: the owner is
    // gone.
    Handle add_owned(Handle owner, const std::string& identity, std::shared_ptr<Object> object);

    // A number that no object has or will have: for what was made after its owner had gone.
    Handle dead_handle();

    // The object behind a handle. Errors: VIX_E_INVALID_HANDLE when there is none (any more),
    // VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE when it is of another kind.
    template <class T>
    std::shared_ptr<T> get(Handle handle) const {
        return std::static_pointer_cast<T>(find(handle, T::kType));
    }

    // The same for a caller that takes objects of several kinds.
    std::shared_ptr<Object> get_any(Handle handle) const;

    // The same, but nothing where there is none.
    std::shared_ptr<Object> find_any(Handle handle) const noexcept;

    // What get() throws for a handle that stands for nothing, or for an object of another kind.
    [[noreturn]] static void throw_dead(Handle handle);
    static void require_type(Handle handle, const Object& object, HandleType type);

    // HandleType::None for a handle that stands for nothing.
    HandleType type_of(Handle handle) const noexcept;

    // Adds a reference. Does nothing for a dead handle.
    void add_reference(Handle handle) noexcept;

    // Takes one reference away; the last one ends the handle. An owner lives on inside, without a
    // handle that works, until what it owns is released too. Does nothing for a dead handle.
    void release(Handle handle) noexcept;

    // Ends the handle, and all that its object owns, at once. Only for a handle of this type;
    // nothing happens for another or a dead one.
    void end(Handle handle, HandleType type) noexcept;

    // From now on add_owned() does not take the object for the one meant by its identity.
    void forget_identity(Handle handle) noexcept;

    // How many handles work.
    std::size_t live_count() const noexcept;

    // Around fork(), so that the child finds the table whole.
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

    // These expect the caller to hold the mutex. What is erased goes to `dead`, to be destroyed
    // when the mutex is free again: the end of an object may release others.
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
