// The calls of VIX that take their time, as one table: what they are called in each layer, which
// arguments they take, and the form of what they give. Each row is a job to start; the simple form
// of a call is the same job, waited for.
#pragma once

#include <cstddef>
#include <cstdint>
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

// The form of a simple call's result, behind the error code.
enum class Shape {
    ErrorOnly,
    Values,    // one for each field
    List,      // as many as there are
    Hash,      // key and value for each field
    HashList,  // as many hashes as there are
};

struct ResultField {
    int id;           // of the job's property
    const char* key;  // in hashes
};

struct CallDescription {
    const char* package;         // of the low-level form: "VM"
    const char* name;            // its name there: "Clone"; nullptr: it has no low-level form
    const char* simple_name;     // "VMClone"; nullptr: it has no simple form
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

// Starts the call with just as many arguments as it has; gives a job's handle, also when nothing
// about the arguments is right: the job tells. VIX_INVALID_HANDLE only when memory or handles are
// used up. Keep: the job's events wait until they are fetched with next_event().
Handle start_call(std::size_t call, const Argument* arguments, Events events) noexcept;

struct SimpleResult {
    int error;
    // Shape::Values and Hash: one row, also on failure. List and HashList: one for each item, none
    // on failure. Each row has a value for each field.
    std::vector<std::vector<PropertyValue>> rows;
};

// What the simple form of the call gives, from its job, which must have ended. A handle among the
// values is the caller's to release, besides that of the job.
SimpleResult simple_result(std::size_t call, Handle job) noexcept;

}  // namespace vix::api
