// The values that callers of VIX and this library exchange. The façade's headers and its internals
// share them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vix::api {

using Handle = int;  // 0 is VIX_INVALID_HANDLE

struct HandleResult {
    int error;
    Handle handle;  // VIX_INVALID_HANDLE unless error is VIX_OK
};

struct CountResult {
    int error;
    int count;  // 0 unless error is VIX_OK
};

// Bytes that are not text.
struct Blob {
    std::string bytes;

    friend bool operator==(const Blob& one, const Blob& other) { return one.bytes == other.bytes; }
};

// Text is UTF-8; handles are integers. monostate: no value.
using PropertyValue = std::variant<std::monostate, bool, std::int64_t, std::string, Blob>;

struct PropertiesResult {
    int error;
    std::vector<PropertyValue> values;  // one per id; all monostate unless error is VIX_OK
};

// Kinds of values that a caller's language distinguishes.
enum class InputKind { None, Number, Text };

// A property and its value, for a property list.
struct PropertyInput {
    int id;
    InputKind kind;
    std::int64_t number;
    std::string_view text;
};

struct JobProgressState {
    bool announced;  // the amount of work is known
    int percent;     // never decreases; 100 only after the end
    std::int64_t done_bytes;
    std::int64_t total_bytes;
};

// Whether a job keeps its events until they are fetched.
enum class Events { Drop, Keep };

struct JobEvent {
    int type;          // VIX_EVENTTYPE_*
    Handle more_info;  // a property list, the caller's to release; else VIX_INVALID_HANDLE
    JobProgressState progress;
};

enum class EventOutcome { Event, NoneNow, NoneEver };

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

}  // namespace vix::api
