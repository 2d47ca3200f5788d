// The table of VIX's calls that start jobs: their names in each layer, their arguments, and the
// shape of their results. The simple form of a call is the same job with a wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "api/simple.h"

namespace vix::api {

// What an argument is converted to before the call starts.
enum class ArgumentKind { Integer, Integer64, Text };

struct Argument {
    std::int64_t number;
    std::string_view text;
};

// The shape of a simple call's result, behind the error code.
enum class Shape {
    ErrorOnly,
    Values,    // one for each field
    List,      // any number
    Hash,      // key and value for each field
    HashList,  // any number of hashes
};

struct ResultField {
    int id;           // of the job's property
    const char* key;  // in hashes
};

struct CallDescription {
    const char* package;         // package of the low-level form: "VM"
    const char* name;            // its name there: "Clone"; nullptr: it has no low-level form
    const char* simple_name;     // "VMClone"; nullptr: it has no simple form. "Disk::Create" is
                                 // not one of VIX's: its package is VMware::Vix::Disk
    const char* argument_names;  // "vmHandle, snapshotHandle, ..."
    const ArgumentKind* argument_kinds;
    std::size_t argument_count;
    Shape shape;
    const ResultField* fields;
    std::size_t field_count;
};

std::size_t call_count() noexcept;
const CallDescription& call_description(std::size_t call) noexcept;

enum class Events { Drop, Keep };

// Starts the call; `arguments` has as many elements as the call has arguments. Even an invalid call
// returns a job handle; the job reports the error. VIX_INVALID_HANDLE only if there is no memory or
// no handle left. Keep: the job's events wait until next_event() fetches them.
//
// `on_event`, where it is not empty and events are kept, is called each time an event was added, by
// the thread that added it, perhaps before start_call() has returned. It runs under the lock that
// guards all jobs: it must be short, throw nothing and call nothing of this interface. In the child
// of a fork it is not called any more for jobs of the parent.
Handle start_call(std::size_t call, const Argument* arguments, Events events,
                  std::function<void()> on_event = {}) noexcept;

struct SimpleResult {
    int error;
    // Shape::Values and Hash: one row, also on failure. List and HashList: one row for each item,
    // none on failure. Each row has a value for each field.
    std::vector<std::vector<PropertyValue>> rows;
};

// The result of the simple form of the call, from its job, which must have ended. The caller
// releases the job's handle, and also a handle among the values.
SimpleResult simple_result(std::size_t call, Handle job) noexcept;

}  // namespace vix::api
